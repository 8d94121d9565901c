//! What is alive, and what a finalizer that is to run keeps alive alone.

use clrscope_clr::{HeapGraph, RootKind};
use clrscope_graph::{ObjectId, Search, Stop};
use clrscope_memory::{Control, Interrupted};

/// Why it is not known what is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinStopped {
    /// Before there was anything.
    Interrupted(Interrupted),
    /// Within the search for what is alive.
    Search(Stop),
}

impl From<Interrupted> for JoinStopped {
    fn from(interrupted: Interrupted) -> Self {
        JoinStopped::Interrupted(interrupted)
    }
}

/// What something other than the queue of ready objects keeps alive.
pub(crate) fn alive_without_queue(
    graph: &HeapGraph<'_>,
    control: &Control<'_>,
) -> Result<Search, JoinStopped> {
    let others: Vec<ObjectId> = graph
        .roots()
        .iter()
        .zip(graph.root_targets())
        .filter(|(root, _)| !matches!(root.kind, RootKind::FinalizerQueue { .. }))
        .map(|(_, &target)| target)
        .collect();
    finished(Search::run(graph.graph(), &others, control)?)
}

/// A search that came to its end.
pub(crate) fn finished(search: Search) -> Result<Search, JoinStopped> {
    match search.stop() {
        Some(stop) => Err(JoinStopped::Search(stop)),
        None => Ok(search),
    }
}
