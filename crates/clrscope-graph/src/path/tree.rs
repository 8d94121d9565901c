//! The shortest paths to many objects in one tree.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use clrscope_memory::{Control, Interrupted};

use crate::work::Ticker;
use crate::{ObjectId, Parent, Search};

/// The shortest paths to many objects, merged where they begin alike.
///
/// What is alike is for the caller to say: with a label of its own for each root and object, it is
/// the tree of the paths themselves; with the type of the object for a label, a thousand paths through
/// the entries of one dictionary are one path with a count.
///
/// ```
/// use clrscope_graph::{Csr, Graph, ObjectId, Parent, PathTree, Search};
/// use clrscope_memory::Control;
///
/// let control = Control::new();
/// // A root object that holds three others alike.
/// let edges = [(0, 1), (0, 2), (0, 3)].map(|(from, to)| (ObjectId(from), ObjectId(to)));
/// let graph = Graph::from(Csr::from_edges(4, &edges, &control)?);
/// let search = Search::run(&graph, &[ObjectId(0)], &control)?;
/// let label = |step| match step {
///     Parent::Root(_) => 0,
///     Parent::Object(object) => if object == ObjectId(0) { 1 } else { 2 },
/// };
/// let tree = PathTree::merge(&search, [1, 2, 3].map(ObjectId), label, &control)?;
/// let counts: Vec<_> = tree.nodes().iter().map(|node| (node.objects, node.targets)).collect();
/// assert_eq!(counts, [(0, 3), (1, 3), (3, 3)]);
/// # Ok::<(), clrscope_graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct PathTree {
    nodes: Vec<PathNode>,
    /// The nodes below each node, those of the tops first; where the row of each starts.
    rows: Vec<u32>,
    starts: Vec<u32>,
    unreached: u64,
}

/// A step of merged paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathNode {
    /// The root or the object; of several that were merged, the first.
    pub step: Parent,
    /// The node before it, by its index; `None` for a root.
    pub parent: Option<u32>,
    /// Objects that were merged into it; 0 for roots.
    pub objects: u32,
    /// Targets at it and below.
    pub targets: u64,
}

impl PathTree {
    /// Merges the shortest paths to all `targets`, each of which counts once.
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn merge(
        search: &Search,
        targets: impl IntoIterator<Item = ObjectId>,
        label: impl Fn(Parent) -> u64,
        control: &Control<'_>,
    ) -> Result<PathTree, Interrupted> {
        control.check()?;
        let mut ticker = Ticker::new(control, "merging paths", 0);
        // Each object of the paths, with whether it is a target.
        let mut on_paths: FxHashMap<ObjectId, bool> = FxHashMap::default();
        let mut unreached = 0;
        for target in targets {
            ticker.step()?;
            if search.distance(target).is_none() {
                unreached += 1;
                continue;
            }
            if on_paths.insert(target, true).is_some() {
                continue;
            }
            let mut current = target;
            while let Some(Parent::Object(parent)) = search.parent(current) {
                ticker.step()?;
                if on_paths.contains_key(&parent) {
                    break;
                }
                on_paths.insert(parent, false);
                current = parent;
            }
        }
        // Parents before children, and of equals the smaller id: the map has no order of its own.
        let mut objects: Vec<(u32, ObjectId, bool)> = on_paths
            .into_iter()
            .filter_map(|(object, target)| Some((search.distance(object)?, object, target)))
            .collect();
        objects.sort_unstable();

        let mut merger = Merger::default();
        let mut places: FxHashMap<ObjectId, u32> = FxHashMap::default();
        for &(_, object, is_target) in &objects {
            ticker.step()?;
            let above = match search.parent(object) {
                Some(step @ Parent::Root(_)) => Some(merger.place(None, step, label(step))),
                Some(Parent::Object(parent)) => places.get(&parent).copied(),
                None => None,
            };
            let step = Parent::Object(object);
            let place = merger.place(above, step, label(step));
            places.insert(object, place);
            let node = &mut merger.nodes[place as usize];
            node.objects += 1;
            node.targets += u64::from(is_target);
        }
        Ok(PathTree::finish(merger.nodes, unreached))
    }

    /// Adds the targets up and sorts the nodes below each.
    fn finish(mut nodes: Vec<PathNode>, unreached: u64) -> PathTree {
        for index in (0..nodes.len()).rev() {
            if let Some(parent) = nodes[index].parent {
                nodes[parent as usize].targets += nodes[index].targets;
            }
        }
        // The row of the tops is the first, that of node i is number i + 1.
        let row = |index: u32| nodes[index as usize].parent.map_or(0, |parent| parent + 1);
        let mut rows: Vec<u32> = (0..nodes.len() as u32).collect();
        rows.sort_by_key(|&index| (row(index), Reverse(nodes[index as usize].targets), index));
        let first = |number: u32| rows.partition_point(|&index| row(index) < number) as u32;
        let starts = (0..nodes.len() as u32 + 2).map(first).collect();
        PathTree { nodes, rows, starts, unreached }
    }

    /// All nodes: each after its parent.
    pub fn nodes(&self) -> &[PathNode] {
        &self.nodes
    }

    /// The roots, by their indices in [`nodes`](PathTree::nodes): those with the most targets first.
    pub fn tops(&self) -> &[u32] {
        self.row(0)
    }

    /// The nodes below a node, those with the most targets first.
    pub fn below(&self, node: u32) -> &[u32] {
        self.row(node as usize + 1)
    }

    /// Targets that the search did not reach. Only if it is [`complete`](Search::complete) does that
    /// mean that they cannot be reached.
    pub fn unreached(&self) -> u64 {
        self.unreached
    }

    fn row(&self, number: usize) -> &[u32] {
        match self.starts.get(number..number + 2) {
            Some(&[start, end]) => &self.rows[start as usize..end as usize],
            _ => &[],
        }
    }
}

#[derive(Debug, Default)]
struct Merger {
    nodes: Vec<PathNode>,
    places: FxHashMap<(Option<u32>, u64), u32>,
}

impl Merger {
    /// The node of a label below another, made if it is not there.
    fn place(&mut self, parent: Option<u32>, step: Parent, label: u64) -> u32 {
        let nodes = &mut self.nodes;
        *self.places.entry((parent, label)).or_insert_with(|| {
            nodes.push(PathNode { step, parent, objects: 0, targets: 0 });
            nodes.len() as u32 - 1
        })
    }
}
