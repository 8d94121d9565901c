use clrscope_memory::{Arch, FileOffset, Issue, Parsed, Registers, VirtAddr};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_LOCATION_DESCRIPTOR, MINIDUMP_THREAD};
use crate::{Context, MemoryRange, Minidump, StreamType};

impl<'data> File<'data> {
    /// The context at a location; `None` if none was written.
    pub(crate) fn context(
        self,
        location: &MINIDUMP_LOCATION_DESCRIPTOR,
    ) -> Result<Option<Context<'data>>, Issue> {
        if location.DataSize.get() == 0 {
            return Ok(None);
        }
        let bytes = self.location(location, "the context of a thread")?;
        Ok(Some(Context::new(bytes, FileOffset(location.Rva.get().into()))))
    }
}

/// A thread of the process.
#[derive(Clone, Copy)]
pub struct Thread<'data> {
    raw: &'data MINIDUMP_THREAD,
    file: File<'data>,
}

impl<'data> Record<'data> for Thread<'data> {
    type Raw = MINIDUMP_THREAD;

    fn view(raw: &'data MINIDUMP_THREAD, file: File<'data>) -> Self {
        Thread { raw, file }
    }
}

impl<'data> Thread<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_THREAD {
        self.raw
    }

    /// The operating system's number of it.
    pub fn id(&self) -> u32 {
        self.raw.ThreadId.get()
    }

    /// How often it was suspended.
    pub fn suspend_count(&self) -> u32 {
        self.raw.SuspendCount.get()
    }

    /// Address of its environment block.
    pub fn teb(&self) -> VirtAddr {
        VirtAddr(self.raw.Teb.get())
    }

    /// Its stack, from the top (the lowest address) to the base.
    pub fn stack(&self) -> MemoryRange<'data> {
        MemoryRange::view(&self.raw.Stack, self.file)
    }

    /// Its registers' structure; `None` if it was not written.
    ///
    /// # Errors
    /// If the file ends before or within it.
    pub fn context(&self) -> Result<Option<Context<'data>>, Issue> {
        self.file.context(&self.raw.ThreadContext)
    }

    /// Its registers; `None` if they were not written.
    ///
    /// # Errors
    /// If the file ends before or within them, or they are not of `arch`.
    pub fn registers(&self, arch: Arch) -> Result<Option<Registers>, Issue> {
        self.context()?.map(|context| context.registers(arch)).transpose()
    }
}

impl std::fmt::Debug for Thread<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Thread").field("raw", self.raw).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The threads of the process.
    pub fn threads(&self) -> Parsed<List<'data, Thread<'data>>> {
        self.counted_list(StreamType::THREAD_LIST, "the thread list")
    }
}
