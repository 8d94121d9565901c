//! The memory of a captured process, borrowed from the file that holds it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::index::{Index, Run};
use crate::{
    FileOffset, Grouped, Issue, IssueKind, Issues, MemoryCursor, Parsed, PointerWidth, Target,
    VirtAddr,
};

/// A stretch of memory and the place of its bytes, as a container lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Address of the first byte.
    pub start: VirtAddr,
    /// Length in bytes.
    pub length: u64,
    /// Offset of the first byte in the source.
    pub offset: u64,
}

impl Range {
    /// `length` bytes at `start`, whose bytes are at `offset` of the source.
    pub const fn new(start: VirtAddr, length: u64, offset: u64) -> Range {
        Range { start, length, offset }
    }
}

/// Whether the capture holds a stretch of memory. Absent memory is not zero: nobody knows what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// All of it.
    Present,
    /// Some of it.
    Partial,
    /// None of it.
    Absent,
}

/// What a captured process had in its memory: runs of bytes, sorted by address, each borrowed from a
/// source (the capture's file; image files that fill holes). Cloning is cheap, reading needs no lock.
#[derive(Clone)]
pub struct AddressSpace<'data> {
    sources: Arc<[&'data [u8]]>,
    index: Arc<Index>,
    target: Target,
}

impl<'data> AddressSpace<'data> {
    /// Indexes `ranges` of `source`. Where two overlap, the earlier in the list wins and the other is
    /// cut; what lies behind the end of the source is cut; both are issues.
    pub fn from_ranges(
        source: &'data [u8],
        ranges: &[Range],
        target: Target,
    ) -> Parsed<AddressSpace<'data>> {
        let mut issues = Issues::new();
        let runs = clip(ranges, source.len() as u64, 0, &mut issues);
        let index = Arc::new(Index::build(runs, &mut issues));
        let space = AddressSpace { sources: Arc::new([source]), index, target };
        Parsed { value: space, issues }
    }

    /// An address space that holds nothing.
    pub fn empty(target: Target) -> AddressSpace<'data> {
        let index = Arc::new(Index::build(Vec::new(), &mut Issues::new()));
        AddressSpace { sources: Arc::new([]), index, target }
    }

    /// This address space with its holes filled from another source. What is here already stays.
    #[must_use]
    pub fn with_fill(&self, source: &'data [u8], ranges: &[Range]) -> AddressSpace<'data> {
        let mut sources = self.sources.to_vec();
        let number = sources.len() as u32;
        sources.push(source);
        let mut runs = self.runs().to_vec();
        runs.extend(clip(ranges, source.len() as u64, number, &mut Issues::new()));
        // Filling is meant to overlap: what the fill repeats is no damage.
        let index = Arc::new(Index::build(runs, &mut Issues::new()));
        AddressSpace { sources: sources.into(), index, target: self.target }
    }

    /// The machine that the process ran on.
    pub fn target(&self) -> Target {
        self.target
    }

    /// How many runs there are.
    pub fn run_count(&self) -> usize {
        self.runs().len()
    }

    /// Bytes in all runs.
    pub fn total_bytes(&self) -> u64 {
        self.runs().iter().map(|run| run.end - run.start).sum()
    }

    /// All runs in order of address: where each begins, and its bytes.
    pub fn iter(&self) -> impl Iterator<Item = (VirtAddr, &'data [u8])> + '_ {
        self.runs().iter().map(|run| (VirtAddr(run.start), self.run_tail(run, run.start)))
    }

    /// The runs that touch `start..end`, cut to it, in order of address. None if `end` is not behind
    /// `start`.
    pub fn iter_within(
        &self,
        start: VirtAddr,
        end: VirtAddr,
    ) -> impl Iterator<Item = (VirtAddr, &'data [u8])> + '_ {
        let first = self.index.first_ending_behind(start.0);
        let touches = move |run: &&Run| run.start < end.0 && start < end;
        self.runs()[first..].iter().take_while(touches).map(move |run| {
            let from = run.start.max(start.0);
            let length = (run.end.min(end.0) - from) as usize;
            (VirtAddr(from), &self.run_tail(run, from)[..length])
        })
    }

    /// A reader for a walk.
    pub fn cursor(&self) -> MemoryCursor<'_, 'data> {
        MemoryCursor::new(self)
    }

    /// All bytes from `address` to the end of its run; empty if the capture does not hold it.
    pub fn contiguous(&self, address: VirtAddr) -> &'data [u8] {
        match self.find(address.0) {
            Some(index) => self.run_tail(&self.runs()[index], address.0),
            None => &[],
        }
    }

    /// `length` bytes at `address`, borrowed, if they are in one run.
    pub fn slice(&self, address: VirtAddr, length: usize) -> Option<&'data [u8]> {
        self.contiguous(address).get(..length)
    }

    /// `length` bytes at `address`, copied only if they are in more than one run. `None` if any is
    /// absent. Nothing is allocated before it is known that all are there.
    pub fn bytes(&self, address: VirtAddr, length: usize) -> Option<Cow<'data, [u8]>> {
        if let Some(bytes) = self.slice(address, length) {
            return Some(Cow::Borrowed(bytes));
        }
        if self.presence(address, length as u64) != Presence::Present {
            return None;
        }
        let mut copy = vec![0; length];
        (self.read_into(address, &mut copy) == length).then_some(Cow::Owned(copy))
    }

    /// Copies bytes from `address` on, across runs, and stops at the first that is absent. Gives the
    /// number of bytes copied.
    pub fn read_into(&self, address: VirtAddr, buffer: &mut [u8]) -> usize {
        let mut done = 0;
        while done < buffer.len() {
            let Some(next) = address.checked_add(done as u64) else { break };
            let bytes = self.contiguous(next);
            if bytes.is_empty() {
                break;
            }
            let length = bytes.len().min(buffer.len() - done);
            buffer[done..done + length].copy_from_slice(&bytes[..length]);
            done += length;
        }
        done
    }

    /// Whether the capture holds `length` bytes at `address`.
    pub fn presence(&self, address: VirtAddr, length: u64) -> Presence {
        match self.captured_bytes(address, length) {
            0 if length > 0 => Presence::Absent,
            held if held == length => Presence::Present,
            _ => Presence::Partial,
        }
    }

    /// How many bytes from `address` on the capture holds without a gap, `most` at most.
    pub fn held_from(&self, address: VirtAddr, most: u64) -> u64 {
        let end = VirtAddr(address.0.saturating_add(most));
        let mut next = address;
        for (start, bytes) in self.iter_within(address, end) {
            if start != next {
                break;
            }
            next = next.wrapping_add(bytes.len() as u64);
        }
        next.0.wrapping_sub(address.0)
    }

    /// How many of the `length` bytes at `address` the capture holds.
    pub fn captured_bytes(&self, address: VirtAddr, length: u64) -> u64 {
        let end = VirtAddr(address.0.saturating_add(length));
        self.iter_within(address, end).map(|(_, bytes)| bytes.len() as u64).sum()
    }

    /// Whether the byte at `address` is in the capture.
    pub fn contains(&self, address: VirtAddr) -> bool {
        self.find(address.0).is_some()
    }

    /// Where in the capture's own file the byte at `address` is; `None` if it is absent or came from
    /// another source.
    pub fn file_offset(&self, address: VirtAddr) -> Option<FileOffset> {
        let run = &self.runs()[self.find(address.0)?];
        (run.source == 0).then_some(FileOffset(run.offset + (address.0 - run.start)))
    }

    /// The byte at `address`.
    pub fn read_u8(&self, address: VirtAddr) -> Option<u8> {
        self.contiguous(address).first().copied()
    }

    /// The 16-bit number at `address`.
    pub fn read_u16(&self, address: VirtAddr) -> Option<u16> {
        self.read_array(address).map(u16::from_le_bytes)
    }

    /// The 32-bit number at `address`.
    pub fn read_u32(&self, address: VirtAddr) -> Option<u32> {
        self.read_array(address).map(u32::from_le_bytes)
    }

    /// The signed 32-bit number at `address`.
    pub fn read_i32(&self, address: VirtAddr) -> Option<i32> {
        self.read_array(address).map(i32::from_le_bytes)
    }

    /// The 64-bit number at `address`.
    pub fn read_u64(&self, address: VirtAddr) -> Option<u64> {
        self.read_array(address).map(u64::from_le_bytes)
    }

    /// The pointer at `address`, as wide as the target's pointers are.
    pub fn read_pointer(&self, address: VirtAddr) -> Option<VirtAddr> {
        match self.target.pointer {
            PointerWidth::Four => self.read_u32(address).map(|value| VirtAddr(value.into())),
            PointerWidth::Eight => self.read_u64(address).map(VirtAddr),
        }
    }

    /// Where the pointer at `address` leads; `None` if it is null or absent.
    pub fn follow(&self, address: VirtAddr) -> Option<VirtAddr> {
        self.read_pointer(address).filter(|target| !target.is_null())
    }

    /// `N` bytes at `address`, from as many runs as it takes.
    pub fn read_array<const N: usize>(&self, address: VirtAddr) -> Option<[u8; N]> {
        if let Some(bytes) = self.contiguous(address).first_chunk() {
            return Some(*bytes);
        }
        let mut buffer = [0; N];
        (self.read_into(address, &mut buffer) == N).then_some(buffer)
    }

    /// The zero-terminated 8-bit string at `address`, without its zero, at most `limit` bytes; it may
    /// end at the end of what the capture holds.
    pub fn read_c_string(&self, address: VirtAddr, limit: usize) -> Option<Cow<'data, [u8]>> {
        let bytes = self.contiguous(address);
        let bytes = &bytes[..bytes.len().min(limit)];
        if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            return Some(Cow::Borrowed(&bytes[..end]));
        }
        if bytes.is_empty() {
            return None;
        }
        let mut copy = Vec::new();
        while copy.len() < limit {
            match self.read_u8(address.checked_add(copy.len() as u64)?) {
                None | Some(0) => break,
                Some(byte) => copy.push(byte),
            }
        }
        Some(Cow::Owned(copy))
    }

    /// The zero-terminated UTF-16 string at `address`, at most `limit` units. Unpaired surrogates become
    /// replacement characters.
    pub fn read_wide_string(&self, address: VirtAddr, limit: usize) -> Option<String> {
        let mut units = Vec::new();
        let mut cursor = address;
        while units.len() < limit {
            match self.read_u16(cursor) {
                Some(0) => return Some(String::from_utf16_lossy(&units)),
                Some(unit) => units.push(unit),
                None => break,
            }
            cursor = cursor.checked_add(2)?;
        }
        (!units.is_empty()).then(|| String::from_utf16_lossy(&units))
    }

    pub(crate) fn runs(&self) -> &[Run] {
        self.index.runs()
    }

    pub(crate) fn find(&self, address: u64) -> Option<usize> {
        self.index.find(address)
    }

    /// The bytes of `run` from `address`, which lies in it, to its end.
    pub(crate) fn run_tail(&self, run: &Run, address: u64) -> &'data [u8] {
        let skipped = address - run.start;
        let from = (run.offset + skipped) as usize;
        let length = (run.end - address) as usize;
        // Every run was clipped to its source when it was indexed.
        &self.sources[run.source as usize][from..from + length]
    }
}

impl fmt::Debug for AddressSpace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressSpace")
            .field("runs", &self.runs().len())
            .field("bytes", &self.total_bytes())
            .field("target", &self.target)
            .finish()
    }
}

/// How often the bytes of a source may be listed, as a whole. Containers list them once, or twice where two
/// lists of theirs have the same memory.
const MAX_REPEATS: u64 = 4;
/// Memory that any source may have, however short.
const MIN_MEMORY: u64 = 1 << 30;

/// Turns ranges into runs that lie wholly within a source of `length` bytes and within 64 bits.
fn clip(ranges: &[Range], length: u64, source: u32, issues: &mut Issues) -> Vec<Run> {
    let mut runs = Vec::with_capacity(ranges.len());
    let mut missing = 0u64;
    let mut first_missing = None;
    // What reads all memory is to read no more than there is: damaged ranges can have the same bytes of
    // the source at any number of addresses.
    let mut left = length.saturating_mul(MAX_REPEATS).max(MIN_MEMORY);
    for range in ranges {
        let in_file = length.saturating_sub(range.offset).min(range.length).min(left);
        let in_space = in_file.min(u64::MAX - range.start.0);
        if in_space < range.length {
            missing = missing.saturating_add(range.length - in_space);
            first_missing.get_or_insert(range.start.wrapping_add(in_space));
        }
        left -= in_space;
        if in_space > 0 {
            let start = range.start.0;
            runs.push(Run { start, end: start + in_space, source, offset: range.offset });
        }
    }
    if let Some(address) = first_missing {
        issues.push(Issue::in_memory(
            IssueKind::Truncated,
            address,
            format!("the file ends before {} bytes of memory that it lists", Grouped(missing)),
        ));
    }
    runs
}

#[cfg(test)]
mod tests;
