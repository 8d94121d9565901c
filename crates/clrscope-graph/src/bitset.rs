//! A set of nodes, one bit each.

use crate::ObjectId;

/// A set of nodes of a graph: one bit a node, so that the set of a search over millions stays in a
/// cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
    nodes: u32,
}

impl NodeSet {
    /// The empty set of nodes of a graph that has `nodes` of them.
    pub fn new(nodes: u32) -> NodeSet {
        NodeSet { words: vec![0; (nodes as usize).div_ceil(64)], nodes }
    }

    /// Puts a node in. True, if it was not there before; false for no node of the graph.
    #[inline]
    pub fn insert(&mut self, node: ObjectId) -> bool {
        if self.nodes <= node.0 {
            return false;
        }
        let (word, bit) = (node.index() / 64, 1 << (node.0 % 64));
        let word = &mut self.words[word];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Takes a node out.
    #[inline]
    pub fn remove(&mut self, node: ObjectId) {
        if let Some(word) = self.words.get_mut(node.index() / 64) {
            *word &= !(1 << (node.0 % 64));
        }
    }

    /// Whether a node is in.
    #[inline]
    pub fn contains(&self, node: ObjectId) -> bool {
        self.words.get(node.index() / 64).is_some_and(|word| word >> (node.0 % 64) & 1 != 0)
    }

    /// How many nodes the graph has.
    pub fn nodes(&self) -> u32 {
        self.nodes
    }

    /// How many nodes are in.
    pub fn len(&self) -> u32 {
        self.words.iter().map(|word| word.count_ones()).sum()
    }

    /// Whether none is in.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The nodes that are in, in order.
    pub fn iter(&self) -> impl Iterator<Item = ObjectId> + '_ {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(ObjectId(index as u32 * 64 + bit))
            })
        })
    }

    /// Bytes that a set takes.
    pub fn memory_needed(nodes: u32) -> u64 {
        u64::from(nodes).div_ceil(64) * 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_knows_its_own_and_no_strangers() {
        let mut set = NodeSet::new(130);
        assert!(set.is_empty());
        for node in [129, 0, 63, 64] {
            assert!(set.insert(ObjectId(node)));
            assert!(!set.insert(ObjectId(node)));
        }
        assert!(!set.insert(ObjectId(130)));
        set.remove(ObjectId(63));
        set.remove(ObjectId(500));
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 64, 129].map(ObjectId));
        assert_eq!(set.len(), 3);
        assert!(!set.contains(ObjectId(130)) && !set.contains(ObjectId(u32::MAX)));
    }
}
