//! Random graphs, and answers so plain that they can hardly be wrong.

use proptest::prelude::*;

use crate::ObjectId;

/// Graphs with at most `nodes` nodes and `edges` edges: loops, multiple edges, unreachable parts.
pub(crate) fn edges(
    nodes: u32,
    edges: usize,
) -> impl Strategy<Value = (u32, Vec<(ObjectId, ObjectId)>)> {
    (1..=nodes).prop_flat_map(move |nodes| {
        (Just(nodes), prop::collection::vec((node(nodes), node(nodes)), 0..=edges))
    })
}

/// A node of a graph of so many.
pub(crate) fn node(nodes: u32) -> impl Strategy<Value = ObjectId> {
    (0..nodes).prop_map(ObjectId)
}

/// Edges written as plain numbers.
pub(crate) fn ids<const N: usize>(edges: [(u32, u32); N]) -> [(ObjectId, ObjectId); N] {
    edges.map(|(from, to)| (ObjectId(from), ObjectId(to)))
}

/// Runs with so many threads.
#[cfg(feature = "parallel")]
pub(crate) fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
}

/// Runs with one thread, whatever is asked for.
#[cfg(not(feature = "parallel"))]
pub(crate) fn with_threads<T: Send>(_: usize, run: impl FnOnce() -> T + Send) -> T {
    run()
}
