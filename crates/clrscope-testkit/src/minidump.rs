//! Synthetic minidumps.
//!
//! A [`MinidumpBuilder`] holds all but the full memory; that is given to [`MinidumpBuilder::to_bytes`] or, for
//! dumps of many gigabytes, streamed with [`MinidumpBuilder::stream_memory`]. Layouts are written
//! byte by byte from the documentation of `minidumpapiset.h`, on purpose not with the structures of the
//! crate that reads them. [`damage`] spoils what was built.

mod context;
pub mod damage;
mod events;
mod handles;
mod memory;
mod modules;
mod process;
mod threads;

use std::io::{self, Seek, Write};

pub use context::Context;
pub use events::{Exception, FunctionTable};
pub use handles::HandleSpec;
pub use memory::{MemoryInfo, MemoryWriter};
pub(crate) use modules::fixed_file_info;
pub use modules::{CodeView, ModuleSpec, UnloadedModule};
pub use process::{MiscInfo, SystemInfo};
pub use threads::{ThreadInfo, ThreadSpec};

use crate::bytes::Bytes;

/// Numbers of streams, as `MINIDUMP_STREAM_TYPE` has them.
pub mod stream {
    /// Threads.
    pub const THREAD_LIST: u32 = 3;
    /// Modules.
    pub const MODULE_LIST: u32 = 4;
    /// Memory ranges with 32-bit places.
    pub const MEMORY_LIST: u32 = 5;
    /// The exception.
    pub const EXCEPTION: u32 = 6;
    /// The system.
    pub const SYSTEM_INFO: u32 = 7;
    /// Threads with their backing stores.
    pub const THREAD_EX_LIST: u32 = 8;
    /// All memory.
    pub const MEMORY64_LIST: u32 = 9;
    /// An 8-bit comment.
    pub const COMMENT_A: u32 = 10;
    /// A 16-bit comment.
    pub const COMMENT_W: u32 = 11;
    /// Handles of the operating system.
    pub const HANDLE_DATA: u32 = 12;
    /// Tables of functions made at run time.
    pub const FUNCTION_TABLE: u32 = 13;
    /// Modules that are gone.
    pub const UNLOADED_MODULE_LIST: u32 = 14;
    /// The process.
    pub const MISC_INFO: u32 = 15;
    /// Regions of the address space.
    pub const MEMORY_INFO_LIST: u32 = 16;
    /// Times of threads.
    pub const THREAD_INFO_LIST: u32 = 17;
    /// Security tokens.
    pub const TOKEN: u32 = 19;
    /// The machine's memory.
    pub const SYSTEM_MEMORY_INFO: u32 = 21;
    /// The process' memory.
    pub const PROCESS_VM_COUNTERS: u32 = 22;
    /// Names of threads.
    pub const THREAD_NAMES: u32 = 24;
}

/// Bytes in front of the first stream.
const HEADER: usize = 32;

/// A minidump under construction.
#[derive(Debug, Clone)]
pub struct MinidumpBuilder {
    /// The file from its first byte on; the header is filled in at the end.
    file: Bytes,
    directory: Vec<(u32, u32, u32)>,
    time: u32,
}

impl Default for MinidumpBuilder {
    fn default() -> Self {
        let mut file = Bytes::new();
        file.zeroes(HEADER);
        MinidumpBuilder { file, directory: Vec::new(), time: 0x6500_0000 }
    }
}

impl MinidumpBuilder {
    /// A dump without streams.
    pub fn new() -> Self {
        MinidumpBuilder::default()
    }

    /// Sets when the dump was written: seconds since 1970.
    pub fn time(&mut self, seconds: u32) -> &mut Self {
        self.time = seconds;
        self
    }

    /// Adds a stream of any kind.
    pub fn stream(&mut self, kind: u32, contents: &[u8]) -> &mut Self {
        let rva = self.append(contents);
        self.directory.push((kind, contents.len() as u32, rva));
        self
    }

    /// Adds bytes that belong to no stream by themselves, and gives their place.
    pub fn append(&mut self, contents: &[u8]) -> u32 {
        self.file.align(8);
        let rva = self.file.len() as u32;
        self.file.raw(contents);
        rva
    }

    /// Adds a `MINIDUMP_STRING`: bytes, UTF-16 units, zero.
    pub fn string(&mut self, text: &str) -> u32 {
        let mut bytes = Bytes::new();
        bytes.u32(text.encode_utf16().count() as u32 * 2).utf16(text).u16(0);
        self.append(bytes.as_slice())
    }

    /// The whole dump, without a list of all memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut dump = self.clone();
        dump.close();
        dump.file.into_vec()
    }

    /// The whole dump, with a list of all memory: addresses and bytes.
    pub fn to_bytes_with_memory(&self, ranges: &[(u64, &[u8])]) -> Vec<u8> {
        let mut file = io::Cursor::new(Vec::new());
        let mut memory = self
            .stream_memory(&mut file, ranges.len())
            .unwrap_or_else(|error| panic!("memory takes all that is written: {error}"));
        for (address, bytes) in ranges {
            memory.range(*address);
            memory.write_all(bytes).unwrap_or_else(|error| panic!("{error}"));
        }
        memory.finish().unwrap_or_else(|error| panic!("{error}"));
        file.into_inner()
    }

    /// Writes the dump to `out`, which is at its beginning, and gives a writer for all memory: at most
    /// `capacity` ranges. The dump is complete after [`MemoryWriter::finish`].
    pub fn stream_memory<W: Write + Seek>(
        &self,
        mut out: W,
        capacity: usize,
    ) -> io::Result<MemoryWriter<W>> {
        let mut dump = self.clone();
        let list = dump.append(&vec![0; 16 + 16 * capacity]);
        // The size of the list is known when all is written.
        dump.directory.push((stream::MEMORY64_LIST, 0, list));
        let directory = dump.close();
        let entry = directory as u64 + 12 * (dump.directory.len() as u64 - 1);
        dump.file.align(16);
        out.write_all(dump.file.as_slice())?;
        Ok(MemoryWriter::new(out, dump.file.len() as u64, list, entry, capacity))
    }

    /// Writes directory and header, and gives the place of the directory.
    fn close(&mut self) -> u32 {
        let mut directory = Bytes::new();
        for &(kind, size, rva) in &self.directory {
            directory.u32(kind).u32(size).u32(rva);
        }
        let rva = self.append(directory.as_slice());
        let mut header = Bytes::new();
        header.raw(b"MDMP").u16(0xa793).u16(0).u32(self.directory.len() as u32).u32(rva);
        // No checksum; flags: full memory and handles.
        header.u32(0).u32(self.time).u64(0x6);
        self.file.put(0, header.as_slice());
        rva
    }
}

#[cfg(test)]
mod tests;
