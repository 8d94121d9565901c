//! One heap of the loader: a chain of blocks, of which the newest is being filled.
//!
//! dotnet/runtime, src/coreclr/inc/loaderheap.h (`UnlockedLoaderHeap`, `LoaderHeapBlock`).

use std::cell::RefCell;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Snapshot, VirtAddr, limits};
use rustc_hash::FxHashSet;

use super::kind::LoaderHeapKind;
use crate::committed::committed;
use crate::layout::{Layout, MissingField};
use crate::range::AddressRange;

/// A block of a loader heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoaderBlock {
    /// The addresses that were set aside for it.
    pub range: AddressRange,
    /// How many bytes of it are backed by memory.
    pub committed: u64,
    /// Whether it is the one that is being filled.
    pub is_current: bool,
}

/// A heap of the loader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderHeap {
    /// Address of the runtime's record of it.
    pub address: VirtAddr,
    /// What it holds.
    pub kind: LoaderHeapKind,
    /// Its place in [`LoaderHeaps::allocators`](crate::LoaderHeaps::allocators); `None` if its owner
    /// is not known.
    pub allocator: Option<usize>,
    /// Its blocks, in the runtime's order.
    pub blocks: Vec<LoaderBlock>,
    /// Bytes of the current block that are backed by memory and still free.
    pub free: u64,
}

impl LoaderHeap {
    /// Bytes that are set aside.
    pub fn reserved(&self) -> u64 {
        self.blocks.iter().map(|block| block.range.len()).fold(0, u64::saturating_add)
    }

    /// Bytes that are backed by memory.
    pub fn committed(&self) -> u64 {
        self.blocks.iter().map(|block| block.committed).fold(0, u64::saturating_add)
    }

    /// Bytes that are set aside for nothing: the heap went on to another block, and they were never
    /// backed by memory.
    pub fn wasted(&self) -> u64 {
        let left = self.blocks.iter().filter(|block| !block.is_current);
        left.map(|block| block.range.len().saturating_sub(block.committed))
            .fold(0, u64::saturating_add)
    }
}

/// Where the fields of one class of heaps are.
#[derive(Debug, Clone, Copy)]
struct HeapOffsets {
    first: u64,
    allocated: u64,
    committed_end: u64,
    reserved_end: u64,
}

impl HeapOffsets {
    fn new(layout: &Layout, class: &str) -> Result<HeapOffsets, MissingField> {
        Ok(HeapOffsets {
            first: layout.require(class, "FirstBlock")?,
            allocated: layout.require(class, "AllocPtr")?,
            committed_end: layout.require(class, "EndOfCommittedRegion")?,
            reserved_end: layout.require(class, "EndReservedRegion")?,
        })
    }
}

/// Reads heaps.
pub(super) struct HeapReader<'a, 'data> {
    space: &'a AddressSpace<'data>,
    snapshot: &'a Snapshot<'data>,
    /// Blocks that were read: none is in two heaps.
    seen: RefCell<FxHashSet<VirtAddr>>,
    ordinary: HeapOffsets,
    code: HeapOffsets,
    next: u64,
    start: u64,
    size: u64,
}

impl<'a, 'data> HeapReader<'a, 'data> {
    pub(super) fn new(
        snapshot: &'a Snapshot<'data>,
        layout: &Layout,
    ) -> Result<HeapReader<'a, 'data>, MissingField> {
        Ok(HeapReader {
            space: &snapshot.space,
            snapshot,
            ordinary: HeapOffsets::new(layout, "LoaderHeap")?,
            code: HeapOffsets::new(layout, "LoaderCodeHeap")?,
            seen: RefCell::default(),
            next: layout.require("LoaderHeapBlock", "Next")?,
            start: layout.require("LoaderHeapBlock", "VirtualAddress")?,
            size: layout.require("LoaderHeapBlock", "VirtualSize")?,
        })
    }

    /// The heap at `address`; `None` if the capture does not hold its record.
    pub(super) fn read(
        &self,
        address: VirtAddr,
        kind: LoaderHeapKind,
        allocator: Option<usize>,
        issues: &mut Issues,
    ) -> Option<LoaderHeap> {
        let offsets = if kind.is_jitted_code() { &self.code } else { &self.ordinary };
        let word = |offset| self.space.read_pointer(address.wrapping_add(offset));
        let first = word(offsets.first);
        let (Some(first), Some(allocated), Some(committed_end), Some(reserved_end)) = (
            first,
            word(offsets.allocated),
            word(offsets.committed_end),
            word(offsets.reserved_end),
        ) else {
            issues.push(Issue::in_memory(
                IssueKind::MissingMemory,
                address,
                format!("a loader heap ({kind}) is not in the capture"),
            ));
            return None;
        };
        // The last byte that may be used: its block is the one that is being filled.
        let last = reserved_end.wrapping_sub(1);
        let mut heap = LoaderHeap {
            address,
            kind,
            allocator,
            blocks: Vec::new(),
            free: committed_end.offset_from(allocated).unwrap_or(0),
        };
        for range in self.blocks(first, address, issues) {
            let is_current = range.contains(last);
            let known = if is_current { committed_end.offset_from(range.start) } else { None };
            let committed = self.committed(range, known);
            heap.blocks.push(LoaderBlock { range, committed, is_current });
        }
        if !heap.blocks.iter().any(|block| block.is_current && block.committed >= heap.free) {
            heap.free = 0;
        }
        Some(heap)
    }

    /// A heap of one block.
    pub(super) fn single(
        &self,
        address: VirtAddr,
        kind: LoaderHeapKind,
        allocator: Option<usize>,
        range: AddressRange,
    ) -> LoaderHeap {
        let committed = self.committed(range, None);
        let block = LoaderBlock { range, committed, is_current: true };
        LoaderHeap { address, kind, allocator, blocks: vec![block], free: 0 }
    }

    fn blocks(&self, first: VirtAddr, heap: VirtAddr, issues: &mut Issues) -> Vec<AddressRange> {
        let mut blocks = Vec::new();
        let mut seen = self.seen.borrow_mut();
        let mut at = first;
        while !at.is_null() {
            if !seen.insert(at) || seen.len() > limits::MAX_LIST {
                issues.push(Issue::in_memory(
                    IssueKind::Cycle,
                    heap,
                    "the blocks of a loader heap come back to one that was there before",
                ));
                break;
            }
            let word = |offset| self.space.read_pointer(at.wrapping_add(offset));
            let (Some(next), Some(start), Some(size)) =
                (word(self.next), word(self.start), word(self.size))
            else {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    at,
                    "a block of a loader heap is not in the capture",
                ));
                break;
            };
            let is_whole = start.is_aligned(PAGE) && size.0.is_multiple_of(PAGE);
            match start.checked_add(size.0) {
                Some(end) if !start.is_null() && is_whole && size.0 <= MAX_BLOCK => {
                    blocks.push(AddressRange::new(start, end));
                }
                _ => {
                    issues.push(Issue::in_memory(
                        IssueKind::BadValue,
                        at,
                        format!("a block of a loader heap claims {:#x} bytes at {start}", size.0),
                    ));
                    break;
                }
            }
            at = next;
        }
        blocks
    }

    /// How much of a block is backed by memory, which is at least what the heap itself says.
    fn committed(&self, range: AddressRange, known: Option<u64>) -> u64 {
        let found = committed(self.snapshot, range);
        match known {
            Some(known) if self.snapshot.regions.is_empty() => found.max(known).min(range.len()),
            _ => found,
        }
    }
}

/// Blocks are made of whole pages, of the smallest size that systems have.
const PAGE: u64 = 0x1000;
/// More than the runtime ever sets aside at once.
const MAX_BLOCK: u64 = 1 << 33;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_that_each_claim_all_memory_are_added_up() {
        let range = AddressRange::new(VirtAddr(0), VirtAddr(u64::MAX));
        let block = LoaderBlock { range, committed: 1, is_current: false };
        let heap = LoaderHeap {
            address: VirtAddr(0x1000),
            kind: LoaderHeapKind::LowFrequency,
            allocator: None,
            blocks: vec![block, LoaderBlock { committed: u64::MAX, ..block }, block],
            free: 0,
        };
        assert_eq!([heap.reserved(), heap.committed(), heap.wasted()], [u64::MAX; 3]);
    }
}
