use clrscope_memory::{Issue, Parsed, VirtAddr};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_UNLOADED_MODULE, MINIDUMP_UNLOADED_MODULE_LIST};
use crate::{Minidump, StreamType, WideStr};

/// An image that had been unloaded.
#[derive(Clone, Copy)]
pub struct UnloadedModule<'data> {
    raw: &'data MINIDUMP_UNLOADED_MODULE,
    file: File<'data>,
}

impl<'data> Record<'data> for UnloadedModule<'data> {
    type Raw = MINIDUMP_UNLOADED_MODULE;

    fn view(raw: &'data MINIDUMP_UNLOADED_MODULE, file: File<'data>) -> Self {
        UnloadedModule { raw, file }
    }
}

impl<'data> UnloadedModule<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_UNLOADED_MODULE {
        self.raw
    }

    /// Address that its first byte had.
    pub fn base(&self) -> VirtAddr {
        VirtAddr(self.raw.BaseOfImage.get())
    }

    /// Bytes that it took in memory.
    pub fn size(&self) -> u64 {
        self.raw.SizeOfImage.get().into()
    }

    /// Time stamp of its header.
    pub fn timestamp(&self) -> u32 {
        self.raw.TimeDateStamp.get()
    }

    /// Check sum of its header.
    pub fn checksum(&self) -> u32 {
        self.raw.CheckSum.get()
    }

    /// Its name.
    ///
    /// # Errors
    /// If the file ends before or within it.
    pub fn name(&self) -> Result<WideStr<'data>, Issue> {
        self.file.string(self.raw.ModuleNameRva.get().into(), "the name of an unloaded module")
    }
}

impl std::fmt::Debug for UnloadedModule<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnloadedModule").field("raw", self.raw).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The images that had been unloaded.
    pub fn unloaded_modules(&self) -> Parsed<List<'data, UnloadedModule<'data>>> {
        self.headed_list(
            StreamType::UNLOADED_MODULE_LIST,
            "the list of unloaded modules",
            |header: &MINIDUMP_UNLOADED_MODULE_LIST| {
                (
                    header.SizeOfHeader.get(),
                    header.SizeOfEntry.get(),
                    header.NumberOfEntries.get().into(),
                )
            },
        )
    }
}
