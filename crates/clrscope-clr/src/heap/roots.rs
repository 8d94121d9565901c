//! What the garbage collector itself keeps alive of a heap: handles and the finalizer queues.

use clrscope_memory::{Issue, IssueKind, Issues, Parsed};

use super::Heap;
use crate::roots::{FinalizerQueue, Handle, read_finalizer_queue, runtime_handles};

impl Heap<'_> {
    /// All handles that refer to an object, in order of their tables.
    pub fn handles(&self) -> Parsed<Vec<Handle>> {
        runtime_handles(self.runtime())
    }

    /// The finalizer queue of each heap that has one.
    pub fn finalizer_queues(&self) -> Parsed<Vec<FinalizerQueue>> {
        let generations = Some(self.generation_count() as usize);
        let mut issues = Issues::new();
        // Queues do not overlap, so together they are no larger than the capture.
        let mut left = self.space().total_bytes();
        let queues = self
            .heaps()
            .iter()
            .filter_map(|heap| {
                let address = heap.finalize_queue?;
                let queue = read_finalizer_queue(self.space(), heap.index, address, generations);
                let queue = queue.take(&mut issues)?;
                let rest = left.checked_sub(queue.captured_bytes(self.space()));
                if rest.is_none() {
                    issues.push(Issue::in_memory(
                        IssueKind::LimitReached,
                        address,
                        format!("the finalizer queue of heap {} is that of others too", heap.index),
                    ));
                }
                left = rest?;
                Some(queue)
            })
            .collect();
        Parsed { value: queues, issues }
    }
}
