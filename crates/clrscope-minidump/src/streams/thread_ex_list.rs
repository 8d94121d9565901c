use clrscope_memory::Parsed;

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::MINIDUMP_THREAD_EX;
use crate::{MemoryRange, Minidump, StreamType, Thread};

/// A thread and its backing store, which processors with register stacks have.
#[derive(Debug, Clone, Copy)]
pub struct ThreadEx<'data> {
    thread: Thread<'data>,
    backing_store: MemoryRange<'data>,
}

impl<'data> Record<'data> for ThreadEx<'data> {
    type Raw = MINIDUMP_THREAD_EX;

    fn view(raw: &'data MINIDUMP_THREAD_EX, file: File<'data>) -> Self {
        ThreadEx {
            thread: Thread::view(&raw.Base, file),
            backing_store: MemoryRange::view(&raw.BackingStore, file),
        }
    }
}

impl<'data> ThreadEx<'data> {
    /// The thread.
    pub fn thread(&self) -> Thread<'data> {
        self.thread
    }

    /// The memory that its registers spill to.
    pub fn backing_store(&self) -> MemoryRange<'data> {
        self.backing_store
    }
}

impl<'data> Minidump<'data> {
    /// The threads with their backing stores, where a writer chose this form of the list.
    pub fn threads_ex(&self) -> Parsed<List<'data, ThreadEx<'data>>> {
        self.counted_list(StreamType::THREAD_EX_LIST, "the extended thread list")
    }
}
