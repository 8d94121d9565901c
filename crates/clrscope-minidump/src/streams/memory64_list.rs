use std::fmt;
use std::iter::FusedIterator;

use clrscope_memory::{FileOffset, Issue, Issues, Parsed};

use crate::bytes::{File, bad_value};
use crate::list::{List, ListIter, Record};
use crate::raw::{MINIDUMP_MEMORY_DESCRIPTOR64, MINIDUMP_MEMORY64_LIST};
use crate::streams::failed;
use crate::{MemoryRange, Minidump, StreamType};

/// Ranges of memory whose bytes lie one behind the other in the file.
#[derive(Clone, Copy)]
pub struct Memory64List<'data> {
    list: List<'data, Descriptor64<'data>>,
    base: u64,
    file: File<'data>,
}

#[derive(Clone, Copy)]
struct Descriptor64<'data>(&'data MINIDUMP_MEMORY_DESCRIPTOR64);

impl<'data> Record<'data> for Descriptor64<'data> {
    type Raw = MINIDUMP_MEMORY_DESCRIPTOR64;

    fn view(raw: &'data MINIDUMP_MEMORY_DESCRIPTOR64, _: File<'data>) -> Self {
        Descriptor64(raw)
    }
}

impl<'data> Memory64List<'data> {
    /// How many ranges there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is no range.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where the bytes of the first range are.
    pub fn base(&self) -> FileOffset {
        FileOffset(self.base)
    }

    /// The ranges in the file's order.
    pub fn iter(&self) -> Memory64Iter<'data> {
        Memory64Iter { list: self.list.iter(), offset: Some(self.base), file: self.file }
    }
}

impl fmt::Debug for Memory64List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory64List")
            .field("len", &self.len())
            .field("base", &self.base())
            .finish()
    }
}

/// Iterates over a [`Memory64List`]. It stops for good where the lengths add up to more than 64 bits.
#[derive(Clone)]
pub struct Memory64Iter<'data> {
    list: ListIter<'data, Descriptor64<'data>>,
    offset: Option<u64>,
    file: File<'data>,
}

impl<'data> Memory64Iter<'data> {
    /// The next range; `None` behind the last.
    ///
    /// # Errors
    /// If its place in the file is not a 64-bit number. All calls after that give `None`.
    #[expect(clippy::should_implement_trait, reason = "the fallible form; the trait is there too")]
    pub fn next(&mut self) -> Result<Option<MemoryRange<'data>>, Issue> {
        let Some(offset) = self.offset else { return Ok(None) };
        let Some(Descriptor64(raw)) = self.list.next() else { return Ok(None) };
        let length = raw.DataSize.get();
        self.offset = offset.checked_add(length);
        if self.offset.is_none() {
            return Err(bad_value(
                offset,
                format!("a memory range says that it is {length} bytes long; the rest is not read"),
            ));
        }
        Ok(Some(MemoryRange::new(raw.StartOfMemoryRange.get(), length, offset, self.file)))
    }
}

impl<'data> Iterator for Memory64Iter<'data> {
    type Item = Result<MemoryRange<'data>, Issue>;

    fn next(&mut self) -> Option<Self::Item> {
        Memory64Iter::next(self).transpose()
    }
}

impl FusedIterator for Memory64Iter<'_> {}

impl fmt::Debug for Memory64Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory64Iter").field("offset", &self.offset).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The ranges of memory of a dump with full memory.
    pub fn memory64_list(&self) -> Parsed<Memory64List<'data>> {
        const WHAT: &str = "the 64-bit memory list";
        let file = self.file();
        let none = Memory64List { list: List::empty(file), base: 0, file };
        let Some(stream) = self.stream_at(StreamType::MEMORY64_LIST) else {
            return Parsed::clean(none);
        };
        let header: &MINIDUMP_MEMORY64_LIST = match stream.record(0, WHAT) {
            Ok(header) => header,
            Err(issue) => return failed(none, issue),
        };
        let start = size_of::<MINIDUMP_MEMORY64_LIST>() as u64;
        let mut issues = Issues::new();
        let list = List::new(
            file,
            stream.tail(start),
            stream.offset + start,
            size_of::<MINIDUMP_MEMORY_DESCRIPTOR64>() as u64,
            header.NumberOfMemoryRanges.get(),
            WHAT,
        )
        .take(&mut issues);
        Parsed { value: Memory64List { list, base: header.BaseRva.get(), file }, issues }
    }
}
