//! Who refers to whom.

use std::ops::Range;

use clrscope_memory::Control;

use crate::{Csr, Emit, GraphError, ObjectId};

/// Two objects of which the first keeps the second alive without a reference to it: the pair of a
/// dependent handle, as a `ConditionalWeakTable` makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ephemeron {
    /// The object whose life the pair hangs on. The pair does not hold it.
    pub key: ObjectId,
    /// The object that is held as long as the key is reachable.
    pub value: ObjectId,
}

/// Which objects keep which alive: references and ephemerons.
///
/// # Ephemerons
///
/// A value is held by its key, and by nothing else of the handle: the handle itself belongs to the
/// runtime, is there whether or not anything is reachable, and its value counts exactly when its key
/// does. So a pair is an edge from the key to the value, and whatever is true of edges is true of
/// it: the fixpoint that a collector reaches by scanning the handles again and again is what a
/// search over these edges reaches at once; a value reachable only by its key is dominated by it,
/// and is freed with it. (Of a pair of which some *third* object must be alive, too, this would not
/// be true; a dependent handle has no such third object.)
///
/// In the row of a node its references come first, then the values that it holds as a key.
#[derive(Debug, Clone)]
pub struct Graph {
    edges: Csr,
    /// The key of each ephemeron, sorted.
    keys: Vec<ObjectId>,
}

impl Graph {
    /// Builds the graph of `nodes` objects, whose references `list` lists as for [`Csr::build`].
    ///
    /// # Errors
    ///
    /// An edge or an ephemeron with a node that is not there, or `control` stopped it.
    pub fn build(
        nodes: u32,
        list: impl Fn(Range<u32>, &mut Emit<'_>) + Sync,
        ephemerons: &[Ephemeron],
        control: &Control<'_>,
    ) -> Result<Graph, GraphError> {
        let mut pairs = ephemerons.to_vec();
        pairs.sort_by_key(|pair| pair.key);
        if let Some(&Ephemeron { key, value }) = pairs.last().filter(|pair| nodes <= pair.key.0) {
            return Err(GraphError::NoSuchNode { from: key, to: value, nodes });
        }
        let list = |range: Range<u32>, emit: &mut Emit<'_>| {
            list(range.clone(), emit);
            let first = pairs.partition_point(|pair| pair.key.0 < range.start);
            for pair in pairs[first..].iter().take_while(|pair| pair.key.0 < range.end) {
                emit(pair.key, pair.value);
            }
        };
        let edges = Csr::build(nodes, list, control)?;
        Ok(Graph { edges, keys: pairs.into_iter().map(|pair| pair.key).collect() })
    }

    /// How many objects there are.
    pub fn nodes(&self) -> u32 {
        self.edges.nodes()
    }

    /// All edges: references and ephemerons.
    pub fn edges(&self) -> &Csr {
        &self.edges
    }

    /// What `object` keeps alive: by reference, then as a key.
    #[inline]
    pub fn holds(&self, object: ObjectId) -> &[ObjectId] {
        self.edges.row(object)
    }

    /// What `object` refers to.
    pub fn references(&self, object: ObjectId) -> &[ObjectId] {
        let row = self.edges.row(object);
        &row[..row.len() - self.values_count(object).min(row.len())]
    }

    /// What `object` keeps alive as the key of an ephemeron.
    pub fn values(&self, object: ObjectId) -> &[ObjectId] {
        let row = self.edges.row(object);
        &row[row.len() - self.values_count(object).min(row.len())..]
    }

    /// How many ephemerons there are.
    pub fn ephemerons(&self) -> usize {
        self.keys.len()
    }

    fn values_count(&self, key: ObjectId) -> usize {
        let first = self.keys.partition_point(|&other| other < key);
        self.keys[first..].iter().take_while(|&&other| other == key).count()
    }

    /// Bytes that the graph takes.
    pub fn memory_bytes(&self) -> u64 {
        self.edges.memory_bytes() + self.keys.len() as u64 * 4
    }
}

impl From<Csr> for Graph {
    /// A graph of references alone.
    fn from(edges: Csr) -> Graph {
        Graph { edges, keys: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ids;

    #[test]
    fn references_come_before_values() {
        let control = Control::new();
        let pair = |key, value| Ephemeron { key: ObjectId(key), value: ObjectId(value) };
        let list = |range: Range<u32>, emit: &mut Emit<'_>| {
            for (from, to) in ids([(0, 1), (2, 0), (2, 2)]) {
                if range.contains(&from.0) {
                    emit(from, to);
                }
            }
        };
        let pairs = [pair(2, 1), pair(0, 2), pair(2, 3)];
        let graph = Graph::build(4, list, &pairs, &control).unwrap();
        assert_eq!(graph.ephemerons(), 3);
        assert_eq!(graph.holds(ObjectId(2)), [0, 2, 1, 3].map(ObjectId));
        assert_eq!(graph.references(ObjectId(2)), [0, 2].map(ObjectId));
        assert_eq!(graph.values(ObjectId(2)), [1, 3].map(ObjectId));
        assert_eq!(graph.values(ObjectId(0)), [ObjectId(2)]);
        assert!(graph.values(ObjectId(1)).is_empty());
        assert!(graph.references(ObjectId(9)).is_empty());
        for wrong in [pair(4, 0), pair(0, 4)] {
            let error = Graph::build(4, list, &[wrong], &control).unwrap_err();
            let (from, to) = (wrong.key, wrong.value);
            assert_eq!(error, GraphError::NoSuchNode { from, to, nodes: 4 });
        }
    }
}
