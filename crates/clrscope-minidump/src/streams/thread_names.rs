use clrscope_memory::{Issue, Parsed};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::MINIDUMP_THREAD_NAME;
use crate::{Minidump, StreamType, WideStr};

/// The name of a thread.
#[derive(Clone, Copy)]
pub struct ThreadName<'data> {
    raw: &'data MINIDUMP_THREAD_NAME,
    file: File<'data>,
}

impl<'data> Record<'data> for ThreadName<'data> {
    type Raw = MINIDUMP_THREAD_NAME;

    fn view(raw: &'data MINIDUMP_THREAD_NAME, file: File<'data>) -> Self {
        ThreadName { raw, file }
    }
}

impl<'data> ThreadName<'data> {
    /// The operating system's number of the thread.
    pub fn id(&self) -> u32 {
        self.raw.ThreadId.get()
    }

    /// The name; `None` if none was written.
    ///
    /// # Errors
    /// If the file ends before or within it.
    pub fn name(&self) -> Result<Option<WideStr<'data>>, Issue> {
        match self.raw.RvaOfThreadName.get() {
            0 => Ok(None),
            rva => self.file.string(rva, "the name of a thread").map(Some),
        }
    }
}

impl std::fmt::Debug for ThreadName<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadName").field("raw", self.raw).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The names of threads that have one.
    pub fn thread_names(&self) -> Parsed<List<'data, ThreadName<'data>>> {
        self.counted_list(StreamType::THREAD_NAMES, "the list of thread names")
    }
}
