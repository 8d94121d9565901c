//! Threads and their stacks.

mod explicit;
mod frame;
pub mod gcinfo;
mod helpers;
mod roots;
mod thread;
mod walk;

use clrscope_memory::{Issues, ThreadRecord, VirtAddr};

pub use self::explicit::{Caller, ExplicitFrame};
pub use self::frame::{FrameKind, StackFrame};
pub use self::roots::{RootLocation, StackOffset, StackRoot, StackRoots};
pub use self::thread::{Apartment, GcMode, LifeCycle, ManagedThread, ThreadState};
pub use self::walk::StackBounds;
use crate::code::CodeMap;
use crate::layout::MissingField;

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
        let Some(registers) = &record.registers else { return Vec::new() };
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
        end: record.stack_start.wrapping_add(record.stack_bytes),
    }
}
