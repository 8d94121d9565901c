//! Edges in compressed rows.

mod build;
mod offsets;
mod reverse;
#[cfg(test)]
mod tests;

pub use self::build::Emit;

use self::offsets::Offsets;
use crate::ObjectId;

/// The edges of a graph in compressed rows: all targets in one slice, the row of each node behind
/// that of the node before.
///
/// Four bytes an edge, and four bytes a node (eight, where there are 2³² edges or more). Multiple
/// edges and loops are kept; each row has the order in which its edges were listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csr {
    offsets: Offsets,
    targets: Vec<ObjectId>,
}

impl Csr {
    /// How many nodes there are.
    pub fn nodes(&self) -> u32 {
        self.offsets.nodes()
    }

    /// How many edges there are.
    pub fn edges(&self) -> u64 {
        self.targets.len() as u64
    }

    /// Where the edges of `node` lead. Empty, if there is no such node.
    #[inline]
    pub fn row(&self, node: ObjectId) -> &[ObjectId] {
        self.offsets.row(node.0).and_then(|row| self.targets.get(row)).unwrap_or(&[])
    }

    /// All edges, in the order of their sources, as source and target.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, ObjectId)> + '_ {
        let nodes = (0..self.nodes()).map(ObjectId);
        nodes.flat_map(|node| self.row(node).iter().map(move |&target| (node, target)))
    }

    /// Bytes that rows take, before any is allocated.
    pub fn memory_needed(nodes: u32, edges: u64) -> u64 {
        Offsets::memory_needed(nodes, edges) + edges * 4
    }

    /// Bytes that the rows take.
    pub fn memory_bytes(&self) -> u64 {
        Csr::memory_needed(self.nodes(), self.edges())
    }
}
