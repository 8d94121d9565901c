use clrscope_memory::{Parsed, VirtAddr};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_THREAD_INFO, MINIDUMP_THREAD_INFO_LIST};
use crate::{Minidump, StreamType};

/// Times and start address of a thread. Times are in units of 100 ns, dates count from 1601.
#[derive(Debug, Clone, Copy)]
pub struct ThreadInfo<'data> {
    raw: &'data MINIDUMP_THREAD_INFO,
}

impl<'data> Record<'data> for ThreadInfo<'data> {
    type Raw = MINIDUMP_THREAD_INFO;

    fn view(raw: &'data MINIDUMP_THREAD_INFO, _: File<'data>) -> Self {
        ThreadInfo { raw }
    }
}

impl<'data> ThreadInfo<'data> {
    /// `MINIDUMP_THREAD_INFO_INVALID_INFO`: the times are not valid.
    const INVALID_INFO: u32 = 0x8;

    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_THREAD_INFO {
        self.raw
    }

    /// The operating system's number of the thread.
    pub fn id(&self) -> u32 {
        self.raw.ThreadId.get()
    }

    /// Whether times, exit status and start address are valid.
    pub fn is_valid(&self) -> bool {
        self.raw.DumpFlags.get() & Self::INVALID_INFO == 0
    }

    /// When it was created.
    pub fn create_time(&self) -> u64 {
        self.raw.CreateTime.get()
    }

    /// When it ended; zero if it had not.
    pub fn exit_time(&self) -> u64 {
        self.raw.ExitTime.get()
    }

    /// Time in the kernel.
    pub fn kernel_time(&self) -> u64 {
        self.raw.KernelTime.get()
    }

    /// Time in user mode.
    pub fn user_time(&self) -> u64 {
        self.raw.UserTime.get()
    }

    /// Where it began.
    pub fn start_address(&self) -> VirtAddr {
        VirtAddr(self.raw.StartAddress.get())
    }
}

impl<'data> Minidump<'data> {
    /// Times and start addresses of the threads.
    pub fn thread_info_list(&self) -> Parsed<List<'data, ThreadInfo<'data>>> {
        self.headed_list(
            StreamType::THREAD_INFO_LIST,
            "the list of thread information",
            |header: &MINIDUMP_THREAD_INFO_LIST| {
                (
                    header.SizeOfHeader.get(),
                    header.SizeOfEntry.get(),
                    header.NumberOfEntries.get().into(),
                )
            },
        )
    }
}
