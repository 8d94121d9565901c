use clrscope_memory::{FileOffset, Parsed, VirtAddr};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::MINIDUMP_MEMORY_DESCRIPTOR;
use crate::{Minidump, StreamType};

/// A range of memory that the file holds, or says that it holds.
#[derive(Clone, Copy)]
pub struct MemoryRange<'data> {
    start: VirtAddr,
    length: u64,
    offset: FileOffset,
    file: File<'data>,
}

impl<'data> MemoryRange<'data> {
    pub(crate) fn new(start: u64, length: u64, offset: u64, file: File<'data>) -> Self {
        MemoryRange { start: VirtAddr(start), length, offset: FileOffset(offset), file }
    }

    /// Address of its first byte.
    pub fn start(&self) -> VirtAddr {
        self.start
    }

    /// Length in bytes as the list says.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Where its bytes are in the file.
    pub fn offset(&self) -> FileOffset {
        self.offset
    }

    /// Its bytes, as far as the file has them.
    pub fn bytes(&self) -> &'data [u8] {
        self.file.clipped(self.offset.0, self.length)
    }
}

impl std::fmt::Debug for MemoryRange<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryRange")
            .field("start", &self.start)
            .field("length", &self.length)
            .field("offset", &self.offset)
            .finish()
    }
}

impl<'data> Record<'data> for MemoryRange<'data> {
    type Raw = MINIDUMP_MEMORY_DESCRIPTOR;

    fn view(raw: &'data MINIDUMP_MEMORY_DESCRIPTOR, file: File<'data>) -> Self {
        let (length, offset) = (raw.Memory.DataSize.get().into(), raw.Memory.Rva.get().into());
        MemoryRange::new(raw.StartOfMemoryRange.get(), length, offset, file)
    }
}

impl<'data> Minidump<'data> {
    /// The ranges of memory that are listed each with its place.
    pub fn memory_list(&self) -> Parsed<List<'data, MemoryRange<'data>>> {
        self.counted_list(StreamType::MEMORY_LIST, "the memory list")
    }
}
