//! What the GC keeps beside its objects: handle tables, card tables and their kin, regions in reserve.
//!
//! dotnet/runtime, src/coreclr/gc/gcpriv.h (`card_table_info`, `region_free_list`), and how debuggers read them:
//! docs/design/datacontracts/GC.md.

use clrscope_memory::{Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::FxHashSet;

use super::Heap;
use crate::committed::committed;
use crate::range::AddressRange;
use crate::roots::handle_segments;

/// What a stretch of the GC's own memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GcMemoryKind {
    /// Handles.
    HandleTable,
    /// Card tables, brick tables, mark arrays, the map of regions (known from .NET 8 on). Nearly all of it
    /// is only set aside.
    Bookkeeping,
    /// A region that holds no objects and that the GC kept to use again.
    FreeRegion,
}

impl GcMemoryKind {
    /// Its name for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            GcMemoryKind::HandleTable => "HandleTable",
            GcMemoryKind::Bookkeeping => "GCBookkeeping",
            GcMemoryKind::FreeRegion => "GCFreeRegion",
        }
    }
}

/// A stretch of the GC's own memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcMemory {
    /// What it is for.
    pub kind: GcMemoryKind,
    /// The addresses that were set aside for it.
    pub range: AddressRange,
    /// How many bytes of it are backed by memory.
    pub committed: u64,
    /// The heap that has it, if it is one's.
    pub heap: Option<u32>,
}

/// Words of a `region_free_list`, and which of them points at its first region.
const FREE_LIST_WORDS: u64 = 7;
const FREE_LIST_HEAD: u64 = 5;
/// A region's record of its first byte points behind a head of at most a page.
const PAGE: u64 = 0x1000;

impl Heap<'_> {
    /// What the GC keeps beside its objects, in order of kind.
    pub fn gc_memory(&self) -> Parsed<Vec<GcMemory>> {
        let snapshot = self.runtime().snapshot();
        let mut issues = Issues::new();
        let mut found = Vec::new();
        let mut add = |kind, range: AddressRange, heap| {
            let committed = committed(snapshot, range);
            found.push(GcMemory { kind, range, committed, heap });
        };
        for range in handle_segments(self.runtime()).take(&mut issues) {
            add(GcMemoryKind::HandleTable, range, None);
        }
        for range in self.bookkeeping(&mut issues) {
            add(GcMemoryKind::Bookkeeping, range, None);
        }
        for (range, heap) in self.free_regions(&mut issues) {
            add(GcMemoryKind::FreeRegion, range, heap);
        }
        Parsed { value: found, issues }
    }

    /// One stretch for each card table: the current one, and older ones that are still referred to.
    fn bookkeeping(&self, issues: &mut Issues) -> Vec<AddressRange> {
        let space = self.space();
        let pointer = space.target().pointer_bytes();
        let Some(vars) = self.runtime().gc_dac_vars().and_then(|vars| vars.memory()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        let mut next = space.read_pointer(vars.bookkeeping_start);
        while let Some(at) = next.filter(|at| !at.is_null()) {
            if !seen.insert(at) || seen.len() > limits::MAX_HEAPS {
                break;
            }
            // unsigned recount; size_t size; uint32_t* next_card_table
            let count = space.read_u32(at);
            let size = space.read_pointer(at.wrapping_add(pointer));
            let following = space.read_pointer(at.wrapping_add(2 * pointer));
            let (Some(count), Some(size), Some(following)) = (count, size, following) else {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    at,
                    "a card table's description is not in the capture",
                ));
                break;
            };
            if count != 0 && size.0 != 0 {
                found.push(AddressRange::new(at, VirtAddr(at.0.saturating_add(size.0))));
            }
            next = following.checked_sub(vars.card_table_info_bytes);
        }
        found
    }

    /// The regions in all lists of free ones.
    fn free_regions(&self, issues: &mut Issues) -> Vec<(AddressRange, Option<u32>)> {
        let layout = self.runtime().layout();
        let vars = self.runtime().gc_dac_vars().and_then(|vars| vars.memory());
        let Some(vars) = vars.filter(|_| self.has_regions()) else { return Vec::new() };
        let mut lists = Vec::new();
        let mut add = |first: VirtAddr, count: u64, heap| {
            if !first.is_null() {
                let bytes = FREE_LIST_WORDS * self.space().target().pointer_bytes();
                lists.extend((0..count).map(|index| (first.wrapping_add(index * bytes), heap)));
            }
        };
        add(vars.free_regions, vars.free_region_kinds, Some(0));
        if let Some(offset) = layout.offset("GCHeap", "FreeRegions") {
            for heap in self.heaps().iter().filter(|heap| !heap.address.is_null()) {
                let first = heap.address.wrapping_add(offset);
                add(first, vars.free_region_kinds, Some(heap.index));
            }
        }
        add(vars.free_huge_regions, 1, None);
        add(vars.regions_to_decommit, vars.free_region_kinds, None);
        let mut found = Vec::new();
        let mut seen = FxHashSet::default();
        for (list, heap) in lists {
            self.free_list(list, &mut seen, issues, |range| found.push((range, heap)));
        }
        found
    }

    fn free_list(
        &self,
        list: VirtAddr,
        seen: &mut FxHashSet<VirtAddr>,
        issues: &mut Issues,
        mut found: impl FnMut(AddressRange),
    ) {
        let (space, layout) = (self.space(), self.runtime().layout());
        let offset = |field| layout.offset("HeapSegment", field);
        let (Some(mem), Some(reserved), Some(following)) =
            (offset("Mem"), offset("Reserved"), offset("Next"))
        else {
            return;
        };
        let head = FREE_LIST_HEAD * space.target().pointer_bytes();
        let mut next = space.read_pointer(list.wrapping_add(head));
        while let Some(at) = next.filter(|at| !at.is_null()) {
            if !seen.insert(at) || seen.len() > limits::MAX_LIST {
                issues.push(Issue::in_memory(
                    IssueKind::Cycle,
                    at,
                    "a list of free regions comes back to one that was there before",
                ));
                return;
            }
            let word = |offset| space.read_pointer(at.wrapping_add(offset));
            let (Some(mem), Some(end)) = (word(mem), word(reserved)) else {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    at,
                    "a free region's record is not in the capture",
                ));
                return;
            };
            found(AddressRange::new(VirtAddr(mem.0 & !(PAGE - 1)), end));
            next = word(following);
        }
    }
}
