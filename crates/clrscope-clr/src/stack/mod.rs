//! Threads and their stacks.

mod explicit;
mod frame;
pub mod gcinfo;
mod helpers;
mod roots;
mod thread;
mod walk;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, ThreadRecord, VirtAddr};

pub use self::explicit::{Caller, ExplicitFrame};
pub use self::frame::{FrameKind, NativeFrame, StackFrame};
pub use self::roots::{RootLocation, StackOffset, StackRoot, StackRoots};
pub use self::thread::{Apartment, GcMode, LifeCycle, ManagedThread, ThreadState};
pub use self::walk::StackBounds;
use crate::code::CodeMap;
use crate::layout::MissingField;

/// Bounds what a search over all threads reads. Stacks do not overlap, so together they are no larger
/// than the capture; by damaged records any number of threads can claim the same one.
#[derive(Debug)]
pub struct StackBudget {
    left: u64,
}

impl StackBudget {
    /// Twice what is captured: a thread that has ended can still have the number of one that runs.
    pub fn new(space: &AddressSpace<'_>) -> StackBudget {
        StackBudget { left: 2 * space.total_bytes() }
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
        let left = self.left.checked_sub(bytes);
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
        let mut roots =
            self.roots.collect(frames, record.registers.as_ref(), bounds(record), object_at);
        // Without a map of code no frame is known to be managed.
        roots.complete &= !self.unwinder.code.sections().is_empty();
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
