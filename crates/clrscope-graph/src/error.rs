//! Why a graph could not be built.

use clrscope_memory::Interrupted;

use crate::ObjectId;

/// Why a graph, or an answer about it, could not be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// The caller's [`Control`](clrscope_memory::Control) stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// More objects than ids.
    #[error("{count} objects, an id tells {} apart", ObjectId::MAX_COUNT)]
    TooManyObjects {
        /// Objects that were marked.
        count: u64,
    },
    /// An edge that leads from or to a node which does not exist.
    #[error("an edge from {from:?} to {to:?} in a graph of {nodes} nodes")]
    NoSuchNode {
        /// Where it comes from.
        from: ObjectId,
        /// Where it leads.
        to: ObjectId,
        /// Nodes in the graph.
        nodes: u32,
    },
}
