//! Threads and their stacks.

mod explicit;
mod frame;
pub mod gcinfo;
mod helpers;
mod roots;
mod thread;
mod walk;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, ThreadRecord, VirtAddr, limits};

pub use self::explicit::{Caller, ExplicitFrame};
pub use self::frame::{FrameKind, NativeFrame, StackFrame};
pub use self::roots::{RootLocation, StackOffset, StackRoot, StackRoots};
pub use self::thread::{Apartment, GcMode, LifeCycle, ManagedThread, ThreadState};
pub use self::walk::StackBounds;
use crate::code::{CodeMap, MethodCode};
use crate::layout::MissingField;

/// Bounds what a search over all threads reads. Stacks do not overlap, so together they are no larger
/// than the capture; by damaged records any number of threads can claim the same one, or the same chain of
/// explicit frames.
#[derive(Debug)]
pub struct StackBudget {
    left: u64,
}

impl StackBudget {
    /// Twice what is captured, as a thread that has ended can still have the number of one that runs; once
    /// more for frames.
    pub fn new(space: &AddressSpace<'_>) -> StackBudget {
        StackBudget { left: limits::MAX_THREADS as u64 + 3 * space.total_bytes() }
    }

    /// Takes what frames that were found have on a stack at the least: where they return to, and what they
    /// save.
    pub fn spend_frames(&mut self, frames: usize) {
        self.left = self.left.saturating_sub(16 * frames as u64);
    }

    /// Takes what the stack of one more thread has; whether there was as much left. If not, that is
    /// added to `issues`.
    pub fn spend(
        &mut self,
        space: &AddressSpace<'_>,
        record: &ThreadRecord,
        issues: &mut Issues,
    ) -> bool {
        let bytes = space.captured_bytes(record.stack_start, record.stack_bytes);
        let left = self.left.checked_sub(bytes.max(1));
        if left.is_none() {
            issues.push(Issue::in_memory(
                IssueKind::LimitReached,
                record.stack_start,
                format!("the stack of thread {:#x} is that of others too: not read", record.os_id),
            ));
        }
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

/// Walks the stacks of a runtime's threads.
#[derive(Debug)]
pub struct StackWalker<'a, 'data> {
    unwinder: walk::Unwinder<'a, 'data>,
    frames: explicit::FrameReader<'data>,
    roots: roots::RootReader<'data>,
    thread_frame: u64,
}

impl<'a, 'data> StackWalker<'a, 'data> {
    /// A walker for the threads of the runtime whose code `code` is.
    ///
    /// # Errors
    /// If the layout does not know a field that is needed.
    pub fn new(code: &'a CodeMap<'data>) -> Result<StackWalker<'a, 'data>, MissingField> {
        let runtime = code.runtime();
        Ok(StackWalker {
            unwinder: walk::Unwinder::new(code),
            frames: explicit::FrameReader::new(runtime)?,
            roots: roots::RootReader::new(runtime)?,
            thread_frame: runtime.layout().require("Thread", "Frame")?,
        })
    }

    /// The chain of explicit frames of the thread whose runtime record is at `thread`, innermost first.
    pub fn explicit_frames(&self, thread: VirtAddr, issues: &mut Issues) -> Vec<ExplicitFrame> {
        let space = &self.unwinder.code.runtime().snapshot().space;
        let first = space.read_pointer(thread.wrapping_add(self.thread_frame));
        self.frames.chain(first.unwrap_or_default()).take(issues)
    }

    /// The frames of a thread, innermost first; `thread` is the runtime's record of it. Empty if the
    /// capture has no registers of it.
    pub fn walk(
        &self,
        thread: VirtAddr,
        record: &ThreadRecord,
        issues: &mut Issues,
    ) -> Vec<StackFrame> {
        self.walk_with_native(thread, record, issues).0
    }

    /// The same with the native frames between them.
    pub fn walk_with_native(
        &self,
        thread: VirtAddr,
        record: &ThreadRecord,
        issues: &mut Issues,
    ) -> (Vec<StackFrame>, Vec<NativeFrame>) {
        let Some(registers) = &record.registers else { return Default::default() };
        let explicit = self.explicit_frames(thread, issues);
        self.unwinder.walk(registers, bounds(record), &explicit)
    }

    /// The references on a stack, of the frames that a walk of the same thread gave. Precise ones are
    /// marked so; every other word that points at or into an object is a conservative root.
    ///
    /// `object_at` gives the object that an address points at or into; `None` for addresses outside of
    /// all objects, and for free space.
    pub fn roots(
        &self,
        record: &ThreadRecord,
        frames: &[StackFrame],
        object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
    ) -> StackRoots {
        let code = self.unwinder.code;
        // Where it is not known, a handler is more likely: what is lost by that is found conservatively.
        let is_filter = |method: &MethodCode| code.is_filter(method) == Some(true);
        let registers = record.registers.as_ref();
        let bounds = bounds(record);
        let mut roots = self.roots.collect(frames, registers, bounds, &is_filter, object_at);
        // Without a map of code no frame is known to be managed.
        roots.complete &= !code.sections().is_empty();
        roots
    }
}

/// Where a thread's stack lies.
pub fn bounds(record: &ThreadRecord) -> StackBounds {
    StackBounds {
        start: record.stack_start,
        end: VirtAddr(record.stack_start.0.saturating_add(record.stack_bytes)),
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    #[test]
    fn threads_that_share_a_chain_of_frames_end_the_search() {
        let file = [0; 0x1000];
        let ranges = [Range::new(VirtAddr(0x1000), 0x1000, 0)];
        let space = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value;
        let record = ThreadRecord {
            os_id: 1,
            teb: VirtAddr::NULL,
            stack_start: VirtAddr(0x9000),
            stack_bytes: 0,
            registers: None,
            name: None,
            suspend_count: 0,
            times: None,
        };
        let (mut budget, mut issues) = (StackBudget::new(&space), Issues::new());
        let threads = (0..limits::MAX_THREADS).take_while(|_| {
            let is_read = budget.spend(&space, &record, &mut issues);
            budget.spend_frames(limits::MAX_FRAMES);
            is_read
        });
        assert_eq!(threads.count(), 1);
        assert_eq!(issues.iter().count(), 1);
    }
}
