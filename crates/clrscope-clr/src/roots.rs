//! What the runtime itself keeps alive: handles and the finalizer queue.

mod finalizer;
mod handles;
mod table_shape;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed};

pub use self::finalizer::FinalizerQueue;
pub use self::handles::{Handle, HandleKind};
use crate::heap::Heap;
use crate::range::AddressRange;
use crate::runtime::Runtime;

/// All handles of a runtime that refer to an object, in order of their tables.
pub(crate) fn runtime_handles(runtime: &Runtime<'_>) -> Parsed<Vec<Handle>> {
    // The variable is the first map itself.
    if let Some(map) = runtime.globals().address("HandleTableMap") {
        return handles::read(&runtime.snapshot().space, map);
    }
    let mut issues = Issues::new();
    issues.push(Issue::general(
        IssueKind::MissingStructure,
        "the handle tables of the runtime were not found",
    ));
    Parsed { value: Vec::new(), issues }
}

impl Heap<'_> {
    /// All handles that refer to an object, in order of their tables.
    pub fn handles(&self) -> Parsed<Vec<Handle>> {
        runtime_handles(self.runtime())
    }

    /// The segments that the handle tables consist of, in order of their tables.
    pub(crate) fn handle_segments(&self) -> Parsed<Vec<AddressRange>> {
        match self.runtime().globals().address("HandleTableMap") {
            Some(map) => handles::segments(&self.runtime().snapshot().space, map),
            None => Parsed::clean(Vec::new()),
        }
    }

    /// The finalizer queue of each heap that has one.
    pub fn finalizer_queues(&self) -> Parsed<Vec<FinalizerQueue>> {
        let space = &self.runtime().snapshot().space;
        let generations = Some(self.generation_count() as usize);
        let mut issues = Issues::new();
        let queues = self
            .heaps()
            .iter()
            .filter_map(|heap| {
                let address = heap.finalize_queue?;
                finalizer::read(space, heap.index, address, generations).take(&mut issues)
            })
            .collect();
        Parsed { value: queues, issues }
    }
}
