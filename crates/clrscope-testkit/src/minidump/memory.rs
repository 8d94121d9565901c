//! Memory and what is known of its regions.

use std::io::{self, Seek, SeekFrom, Write};

use super::{MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// Writes the memory of a dump, range after range, however large.
#[derive(Debug)]
pub struct MemoryWriter<W> {
    out: W,
    data: u64,
    position: u64,
    list: u32,
    entry: u64,
    capacity: usize,
    ranges: Vec<(u64, u64)>,
}

impl<W: Write + Seek> MemoryWriter<W> {
    pub(super) fn new(out: W, data: u64, list: u32, entry: u64, capacity: usize) -> Self {
        MemoryWriter { out, data, position: data, list, entry, capacity, ranges: Vec::new() }
    }

    /// Begins a range at `address`.
    ///
    /// # Panics
    /// If there are as many as were announced already.
    pub fn range(&mut self, address: u64) {
        assert!(self.ranges.len() < self.capacity, "more than {} ranges", self.capacity);
        self.ranges.push((address, 0));
    }

    /// The address of the byte that is written next.
    pub fn address(&self) -> u64 {
        self.ranges.last().map_or(0, |(start, length)| start + length)
    }

    /// Appends bytes to the range.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.grow(bytes.len() as u64);
        Ok(())
    }

    /// Appends `count` zeroes to the range without writing them: where the file system can, the file
    /// gets a hole.
    pub fn skip(&mut self, count: u64) -> io::Result<()> {
        self.grow(count);
        self.out.seek(SeekFrom::Start(self.position)).map(drop)
    }

    /// Completes the dump.
    pub fn finish(mut self) -> io::Result<W> {
        // A hole at the end is part of the file too.
        self.out.seek(SeekFrom::Start(self.position))?;
        self.out.write_all(&[0])?;
        let mut list = Bytes::new();
        list.u64(self.ranges.len() as u64).u64(self.data);
        for &(start, length) in &self.ranges {
            list.u64(start).u64(length);
        }
        self.out.seek(SeekFrom::Start(self.list.into()))?;
        self.out.write_all(list.as_slice())?;
        self.out.seek(SeekFrom::Start(self.entry + 4))?;
        self.out.write_all(&(list.len() as u32).to_le_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn grow(&mut self, count: u64) {
        self.position += count;
        if let Some((_, length)) = self.ranges.last_mut() {
            *length += count;
        }
    }
}

/// A region of the address space (`MINIDUMP_MEMORY_INFO`); numbers as `VirtualQuery` gives them.
#[derive(Debug, Clone, Copy, Default)]
pub struct MemoryInfo {
    /// Where it begins.
    pub base: u64,
    /// Where the allocation that it belongs to begins.
    pub allocation_base: u64,
    /// The protection that the allocation was made with.
    pub allocation_protect: u32,
    /// Bytes.
    pub size: u64,
    /// `MEM_COMMIT` 0x1000, `MEM_RESERVE` 0x2000, `MEM_FREE` 0x10000.
    pub state: u32,
    /// The protection now.
    pub protect: u32,
    /// `MEM_PRIVATE` 0x20000, `MEM_MAPPED` 0x40000, `MEM_IMAGE` 0x1000000.
    pub kind: u32,
}

impl MinidumpBuilder {
    /// Adds a list of memory ranges with 32-bit places.
    pub fn memory_list(&mut self, ranges: &[(u64, &[u8])]) -> &mut Self {
        let places: Vec<u32> = ranges.iter().map(|(_, bytes)| self.append(bytes)).collect();
        let mut list = Bytes::new();
        list.u32(ranges.len() as u32);
        for ((address, bytes), rva) in ranges.iter().zip(places) {
            list.u64(*address).u32(bytes.len() as u32).u32(rva);
        }
        self.stream(stream::MEMORY_LIST, list.as_slice())
    }

    /// Adds the list of regions.
    pub fn memory_info(&mut self, regions: &[MemoryInfo]) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(16).u32(48).u64(regions.len() as u64);
        for region in regions {
            list.u64(region.base).u64(region.allocation_base);
            list.u32(region.allocation_protect).u32(0).u64(region.size);
            list.u32(region.state).u32(region.protect).u32(region.kind).u32(0);
        }
        self.stream(stream::MEMORY_INFO_LIST, list.as_slice())
    }
}
