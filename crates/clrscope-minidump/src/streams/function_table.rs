use clrscope_memory::{Issue, Issues, Parsed, VirtAddr};

use crate::bytes::{bad_value, truncated};
use crate::dump::Stream;
use crate::raw::{MINIDUMP_FUNCTION_TABLE_DESCRIPTOR, MINIDUMP_FUNCTION_TABLE_STREAM};
use crate::streams::failed;
use crate::{Minidump, StreamType};

/// A dynamic function table: unwind information of code that a just-in-time compiler made.
#[derive(Debug, Clone, Copy)]
pub struct FunctionTable<'data> {
    raw: &'data MINIDUMP_FUNCTION_TABLE_DESCRIPTOR,
    native: &'data [u8],
    entries: &'data [u8],
    entry_size: usize,
}

impl<'data> FunctionTable<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_FUNCTION_TABLE_DESCRIPTOR {
        self.raw
    }

    /// The lowest address of code that it describes.
    pub fn minimum(&self) -> VirtAddr {
        VirtAddr(self.raw.MinimumAddress.get())
    }

    /// The address behind the highest that it describes.
    pub fn maximum(&self) -> VirtAddr {
        VirtAddr(self.raw.MaximumAddress.get())
    }

    /// What the entries' offsets are relative to.
    pub fn base(&self) -> VirtAddr {
        VirtAddr(self.raw.BaseAddress.get())
    }

    /// The operating system's own descriptor.
    pub fn native(&self) -> &'data [u8] {
        self.native
    }

    /// The entries in the processor's own form (`RUNTIME_FUNCTION`).
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &'data [u8]> + use<'data> {
        self.entries.chunks_exact(self.entry_size)
    }
}

/// Iterates over the dynamic function tables; stops for good at the first that is damaged.
#[derive(Clone)]
pub struct FunctionTables<'data> {
    stream: Option<Stream<'data>>,
    at: u64,
    left: u32,
    descriptor: u64,
    native: u64,
    entry: u64,
}

impl<'data> FunctionTables<'data> {
    const NONE: Self =
        FunctionTables { stream: None, at: 0, left: 0, descriptor: 0, native: 0, entry: 0 };

    /// The next table; `None` behind the last.
    ///
    /// # Errors
    /// If the stream ends before or within it. All calls after that give `None`.
    #[expect(clippy::should_implement_trait, reason = "the fallible form; the trait is there too")]
    pub fn next(&mut self) -> Result<Option<FunctionTable<'data>>, Issue> {
        let Some(stream) = self.stream else { return Ok(None) };
        if self.left == 0 {
            return Ok(None);
        }
        let read = self.read(&stream);
        match &read {
            Ok(_) => self.left -= 1,
            Err(_) => self.left = 0,
        }
        read.map(Some)
    }

    fn read(&mut self, stream: &Stream<'data>) -> Result<FunctionTable<'data>, Issue> {
        const WHAT: &str = "a function table";
        let ends =
            |at: u64| truncated(stream.offset.saturating_add(at), format!("{WHAT} ends early"));
        let at = usize::try_from(self.at).map_err(|_| ends(self.at))?;
        let raw: &MINIDUMP_FUNCTION_TABLE_DESCRIPTOR = stream.record(at, WHAT)?;
        // 32-bit numbers, products of two of them: the sums below stay far from 64 bits.
        let native = self.at + self.descriptor;
        let entries = native + self.native;
        let end = entries + u64::from(raw.EntryCount.get()) * self.entry;
        let slice = |from: u64, to: u64| {
            let length = usize::try_from(to - from).ok()?;
            stream.tail(from).get(..length)
        };
        let table = FunctionTable {
            raw,
            native: slice(native, entries).ok_or_else(|| ends(native))?,
            entries: slice(entries, end).ok_or_else(|| ends(entries))?,
            entry_size: self.entry as usize,
        };
        self.at = end + u64::from(raw.SizeOfAlignPad.get());
        Ok(table)
    }
}

impl<'data> Iterator for FunctionTables<'data> {
    type Item = Result<FunctionTable<'data>, Issue>;

    fn next(&mut self) -> Option<Self::Item> {
        FunctionTables::next(self).transpose()
    }
}

impl std::iter::FusedIterator for FunctionTables<'_> {}

impl std::fmt::Debug for FunctionTables<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FunctionTables").field("left", &self.left).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The dynamic function tables.
    pub fn function_tables(&self) -> Parsed<FunctionTables<'data>> {
        const WHAT: &str = "the function table stream";
        let Some(stream) = self.stream_at(StreamType::FUNCTION_TABLE) else {
            return Parsed::clean(FunctionTables::NONE);
        };
        let header: &MINIDUMP_FUNCTION_TABLE_STREAM = match stream.record(0, WHAT) {
            Ok(header) => header,
            Err(issue) => return failed(FunctionTables::NONE, issue),
        };
        let known = size_of::<MINIDUMP_FUNCTION_TABLE_DESCRIPTOR>() as u32;
        if header.SizeOfDescriptor.get() < known
            || header.SizeOfFunctionEntry.get() == 0
            || (header.SizeOfHeader.get() as usize) < size_of::<MINIDUMP_FUNCTION_TABLE_STREAM>()
        {
            let issue = bad_value(stream.offset, format!("{WHAT} has structures of absurd sizes"));
            return failed(FunctionTables::NONE, issue);
        }
        Parsed {
            value: FunctionTables {
                stream: Some(stream),
                at: u64::from(header.SizeOfHeader.get()) + u64::from(header.SizeOfAlignPad.get()),
                left: header.NumberOfDescriptors.get(),
                descriptor: header.SizeOfDescriptor.get().into(),
                native: header.SizeOfNativeDescriptor.get().into(),
                entry: header.SizeOfFunctionEntry.get().into(),
            },
            issues: Issues::new(),
        }
    }
}
