//! Where the GC's record of a generation has its segments.

use clrscope_memory::{AddressSpace, Issues, VirtAddr, limits};
use rustc_hash::FxHashSet;

use super::Votes;
use crate::layout::{Globals, Layout};

/// Generations that a GC can have at most.
const MAX_GENERATIONS: u64 = 8;

/// What is read of a segment.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentSpan {
    /// The first object.
    pub(super) start: VirtAddr,
    /// Behind the last byte that may be one of an object.
    pub(super) end: VirtAddr,
    next: VirtAddr,
}

/// The offsets in a segment, which no CLR has changed.
struct SegmentReader<'a, 'data> {
    space: &'a AddressSpace<'data>,
    allocated: u64,
    committed: u64,
    reserved: u64,
    mem: u64,
    next: u64,
}

impl<'a, 'data> SegmentReader<'a, 'data> {
    fn new(space: &'a AddressSpace<'data>, layout: &Layout) -> Option<SegmentReader<'a, 'data>> {
        let field = |name| layout.offset("HeapSegment", name);
        Some(SegmentReader {
            space,
            allocated: field("Allocated")?,
            committed: field("Committed")?,
            reserved: field("Reserved")?,
            mem: field("Mem")?,
            next: field("Next")?,
        })
    }

    /// The segment whose record is at an address, if that can be one: its first object, its last, what is
    /// backed and what is set aside come in this order.
    fn read(&self, at: VirtAddr) -> Option<SegmentSpan> {
        if at.is_null() || !at.is_aligned(self.space.target().pointer_bytes()) {
            return None;
        }
        let field = |offset: u64| self.space.read_pointer(at.wrapping_add(offset));
        let (start, allocated) = (field(self.mem)?, field(self.allocated)?);
        let (committed, reserved) = (field(self.committed)?, field(self.reserved)?);
        let in_order = !start.is_null()
            && start <= allocated
            && allocated <= committed
            && committed <= reserved
            && self.space.contains(start);
        // The record of the segment in use is not kept up to date.
        in_order.then_some(SegmentSpan { start, end: committed, next: field(self.next)? })
    }
}

/// Finds the segments of a heap, and what of `Generation` is not known yet. `None` if there are none.
pub(super) fn infer(
    space: &AddressSpace<'_>,
    layout: &mut Layout,
    globals: &mut Globals,
    issues: &mut Issues,
) -> Option<Vec<SegmentSpan>> {
    let pointer = space.target().pointer_bytes();
    let segments = SegmentReader::new(space, layout)?;
    let size = layout.size("Generation")?;
    let count = globals.number("TotalGenerationCount")?.min(MAX_GENERATIONS);
    let records: Vec<VirtAddr> = generation_tables(space, layout, globals)?
        .into_iter()
        .flat_map(|table| (0..count).map(move |index| table.wrapping_add(index * size)))
        .collect();
    let at = |record: VirtAddr, slot: u64| space.read_pointer(record.wrapping_add(slot));

    // A GC that says nothing of its generations' fields keeps a generation's first segment and then where
    // the generation begins (`dac_generation`, src/coreclr/gc/gcinterface.dac.h): at a Free object of the
    // least size.
    if layout.offset("Generation", "StartSegment").is_none() {
        let mut votes = Votes::new();
        for &record in &records {
            for slot in (0..size.saturating_sub(pointer)).step_by(pointer as usize) {
                let segment = at(record, slot).and_then(|at| segments.read(at));
                let begins = at(record, slot + pointer).filter(|&at| begins_generation(space, at));
                if segment.is_some() && begins.is_some() {
                    votes.add(slot);
                }
            }
        }
        let (slot, source) = votes.winner()?;
        layout.add("Generation", "StartSegment", slot, source, issues);
        layout.add("Generation", "AllocationStart", slot + pointer, source, issues);
    }
    let start_segment = layout.offset("Generation", "StartSegment")?;
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    for record in records {
        let mut next = at(record, start_segment);
        while let Some(address) =
            next.filter(|&at| seen.len() < limits::MAX_LIST && seen.insert(at))
        {
            let Some(segment) = segments.read(address) else { break };
            next = Some(segment.next);
            found.push(segment);
        }
    }
    found.sort_by_key(|segment| segment.start);
    found.dedup_by_key(|segment| segment.start);
    (!found.is_empty()).then_some(found)
}

/// The tables of generations: one, or with the server GC one for each heap.
fn generation_tables(
    space: &AddressSpace<'_>,
    layout: &Layout,
    globals: &Globals,
) -> Option<Vec<VirtAddr>> {
    let Some(heaps) = globals.address("Heaps") else {
        return Some(vec![globals.address("GCHeapGenerationTable")?]);
    };
    let pointer = space.target().pointer_bytes();
    let table = layout.offset("GCHeap", "GenerationTable")?;
    let count = space.read_u32(globals.address("NumHeaps")?)?.min(limits::MAX_HEAPS as u32);
    let heaps = space.read_pointer(heaps)?;
    let heap = |index: u32| space.read_pointer(heaps.wrapping_add(u64::from(index) * pointer));
    Some((0..count).filter_map(heap).map(|heap| heap.wrapping_add(table)).collect())
}

/// Whether a Free object of the least size is at an address: one with no components.
fn begins_generation(space: &AddressSpace<'_>, at: VirtAddr) -> bool {
    const FREE_FLAGS: u32 = 0x8000_0001;
    let pointer = space.target().pointer_bytes();
    let header = || {
        let table = space.read_pointer(at).filter(|table| !table.is_null())?;
        let components = space.read_u32(at.wrapping_add(pointer))?;
        Some((space.read_u32(table)?, space.read_u32(table.wrapping_add(4))?, components))
    };
    header() == Some((FREE_FLAGS, 3 * pointer as u32, 0))
}
