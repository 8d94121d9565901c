//! Numbering in depth-first order.

use clrscope_memory::{Control, Interrupted};

use crate::work::Ticker;
use crate::{Graph, NodeSet, ObjectId};

/// The graph with what stands above it: one root, perhaps groups, and the roots.
///
/// Nodes are the objects, then the groups. The root above all is none of them.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    graph: &'a Graph,
    roots: &'a [ObjectId],
    groups: &'a [Vec<ObjectId>],
    /// The nodes of the groups, as the root's row.
    group_nodes: Vec<ObjectId>,
}

impl<'a> Entry<'a> {
    /// Groups beyond the last node number are left out: there are 2³² of both at most.
    pub(super) fn new(
        graph: &'a Graph,
        roots: &'a [ObjectId],
        groups: &'a [Vec<ObjectId>],
    ) -> Entry<'a> {
        let first = graph.nodes();
        let count = groups.len().min((u32::MAX - 1 - first) as usize) as u32;
        Entry {
            graph,
            roots,
            groups: &groups[..count as usize],
            group_nodes: (first..first + count).map(ObjectId).collect(),
        }
    }

    pub(super) fn graph(&self) -> &'a Graph {
        self.graph
    }

    pub(super) fn groups(&self) -> u32 {
        self.groups.len() as u32
    }

    /// Objects and groups.
    pub(super) fn nodes(&self) -> u32 {
        self.graph.nodes() + self.groups()
    }

    /// What the root above all leads to.
    pub(super) fn top(&self) -> &[ObjectId] {
        if self.groups.is_empty() { self.roots } else { &self.group_nodes }
    }

    /// What a node leads to.
    #[inline]
    pub(super) fn row(&self, node: ObjectId) -> &'a [ObjectId] {
        match node.0.checked_sub(self.graph.nodes()) {
            None => self.graph.holds(node),
            Some(group) => &self.groups[group as usize],
        }
    }
}

/// A depth-first tree.
#[derive(Debug)]
pub(super) struct DepthFirst {
    /// For each node its number, from 1; 0 where it is not reachable.
    pub(super) numbers: Vec<u32>,
    /// For each number the node. The entry of number 0 means nothing.
    pub(super) order: Vec<u32>,
    /// For each number that of its parent.
    pub(super) parents: Vec<u32>,
}

/// A node whose row has targets left.
struct Open {
    number: u32,
    node: ObjectId,
    /// The place in the row where to go on.
    next: u32,
}

impl DepthFirst {
    pub(super) fn run(entry: &Entry<'_>, control: &Control<'_>) -> Result<DepthFirst, Interrupted> {
        let nodes = entry.nodes();
        let mut ticker = Ticker::new(control, "numbering objects", u64::from(nodes));
        let mut seen = NodeSet::new(nodes);
        let mut tree = DepthFirst {
            numbers: vec![0; nodes as usize],
            order: Vec::with_capacity(nodes as usize + 1),
            parents: Vec::with_capacity(nodes as usize + 1),
        };
        tree.order.push(0);
        tree.parents.push(0);
        let mut open: Vec<Open> = Vec::new();
        for &top in entry.top() {
            if !seen.insert(top) {
                continue;
            }
            let mut current = tree.enter(top, 0);
            loop {
                let row = entry.row(current.node);
                let rest = row.get(current.next as usize..).unwrap_or(&[]);
                match rest.iter().position(|&target| seen.insert(target)) {
                    Some(place) => {
                        ticker.step()?;
                        current.next += place as u32 + 1;
                        let child = tree.enter(rest[place], current.number);
                        // A node whose row is at its end need not be come back to: so a list of
                        // millions takes no stack.
                        if (current.next as usize) < row.len() {
                            open.push(current);
                        }
                        current = child;
                    }
                    None => match open.pop() {
                        Some(parent) => current = parent,
                        None => break,
                    },
                }
            }
        }
        Ok(tree)
    }

    fn enter(&mut self, node: ObjectId, parent: u32) -> Open {
        let number = self.order.len() as u32;
        self.numbers[node.index()] = number;
        self.order.push(node.0);
        self.parents.push(parent);
        Open { number, node, next: 0 }
    }
}
