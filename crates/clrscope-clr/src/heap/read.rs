//! Reads the structures of the GC. dotnet/runtime, src/coreclr/gc/gcpriv.h and gc.cpp.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr, limits};
use rustc_hash::FxHashSet;

use super::context::{AllocationContext, ContextOwner, of_threads};
use super::segment::{Segment, SegmentKind};
use super::{GcHeap, HeapError, Inner};
use crate::layout::{Layout, MissingField};
use crate::method_table::MethodTableReader;
use crate::range::AddressRange;
use crate::runtime::Runtime;

/// `heap_segment_flags_readonly`.
const FLAG_READ_ONLY: u64 = 1;
/// Generations that a GC can have at most.
const MAX_GENERATIONS: u32 = 8;

struct Offsets {
    generation_size: u64,
    start_segment: u64,
    /// Absent if the heap has regions.
    allocation_start: Option<u64>,
    allocation_context: u64,
    allocated: u64,
    committed: u64,
    reserved: u64,
    mem: u64,
    flags: u64,
    next: u64,
}

impl Offsets {
    fn new(layout: &Layout) -> Result<Offsets, MissingField> {
        let segment = |field| layout.require("HeapSegment", field);
        Ok(Offsets {
            generation_size: layout.require_size("Generation")?,
            start_segment: layout.require("Generation", "StartSegment")?,
            allocation_start: layout.offset("Generation", "AllocationStart"),
            allocation_context: layout.require("Generation", "AllocationContext")?,
            allocated: segment("Allocated")?,
            committed: segment("Committed")?,
            reserved: segment("Reserved")?,
            mem: segment("Mem")?,
            flags: segment("Flags")?,
            next: segment("Next")?,
        })
    }
}

/// The variables of one heap.
struct HeapVariables {
    address: VirtAddr,
    generation_table: VirtAddr,
    ephemeral_segment: VirtAddr,
    alloc_allocated: VirtAddr,
    finalize_queue: Option<VirtAddr>,
}

pub(super) fn read_heap<'data>(runtime: &Runtime<'data>) -> Result<Inner<'data>, HeapError> {
    let method_tables =
        MethodTableReader::new(&runtime.snapshot().space, runtime.layout(), runtime.globals())?;
    if runtime.gc_dac_vars().is_none() {
        return Err(HeapError::NoGcVariables);
    }
    let offsets = Offsets::new(runtime.layout())?;
    let generation_count = (runtime.globals().number("TotalGenerationCount").unwrap_or(4) as u32)
        .clamp(4, MAX_GENERATIONS);
    let mut reader = Reader {
        runtime,
        space: &runtime.snapshot().space,
        has_regions: offsets.allocation_start.is_none(),
        offsets,
        generation_count,
        seen: FxHashSet::default(),
        segments: Vec::new(),
        contexts: Vec::new(),
        issues: Issues::new(),
    };
    let is_server = runtime.globals().address("Heaps").is_some();
    let variables = if is_server { reader.server()? } else { vec![reader.workstation()?] };
    if runtime.global_u32("StructureInvalidCount").is_some_and(|count| count > 0) {
        reader.issues.push(Issue::general(
            IssueKind::BadValue,
            "a garbage collection was under way: the heap may not be consistent",
        ));
    }
    let mut heaps = Vec::with_capacity(variables.len());
    for (index, variables) in variables.iter().enumerate() {
        heaps.push(reader.heap(index as u32, variables));
    }
    let mut contexts = of_threads(runtime, &mut reader.issues);
    contexts.append(&mut reader.contexts);
    contexts.sort();
    contexts.dedup_by_key(|context| (context.pointer, context.limit));
    let Reader { has_regions, segments, mut issues, .. } = reader;
    let segments = without_overlaps(segments, &mut issues);
    Ok(Inner {
        runtime: runtime.clone(),
        method_tables,
        is_server,
        has_regions,
        generation_count,
        heaps,
        segments,
        contexts,
        issues,
    })
}

struct Reader<'a, 'data> {
    runtime: &'a Runtime<'data>,
    space: &'a AddressSpace<'data>,
    offsets: Offsets,
    has_regions: bool,
    generation_count: u32,
    /// Records of segments: none is in two lists.
    seen: FxHashSet<VirtAddr>,
    segments: Vec<Segment>,
    contexts: Vec<AllocationContext>,
    issues: Issues,
}

impl Reader<'_, '_> {
    fn pointer(&self, at: VirtAddr, offset: u64) -> Option<VirtAddr> {
        self.space.read_pointer(at.wrapping_add(offset))
    }

    fn workstation(&self) -> Result<HeapVariables, HeapError> {
        let value = |name| {
            let at = self.runtime.globals().address(name).ok_or(HeapError::NoGcVariables)?;
            self.space.read_pointer(at).ok_or(HeapError::NoHeapMemory)
        };
        Ok(HeapVariables {
            address: VirtAddr::NULL,
            // The variable is the array itself.
            generation_table: self
                .runtime
                .globals()
                .address("GCHeapGenerationTable")
                .ok_or(HeapError::NoGcVariables)?,
            ephemeral_segment: value("GCHeapEphemeralHeapSegment")?,
            alloc_allocated: value("GCHeapAllocAllocated")?,
            finalize_queue: value("GCHeapFinalizeQueue").ok(),
        })
    }

    fn server(&self) -> Result<Vec<HeapVariables>, HeapError> {
        let layout = self.runtime.layout();
        let table = layout.require("GCHeap", "GenerationTable")?;
        let ephemeral = layout.require("GCHeap", "EphemeralHeapSegment")?;
        let allocated = layout.require("GCHeap", "AllocAllocated")?;
        let queue = layout.require("GCHeap", "FinalizeQueue")?;
        let count = self.runtime.global_u32("NumHeaps").ok_or(HeapError::NoHeapMemory)? as usize;
        let heaps = self.runtime.global_pointer("Heaps").ok_or(HeapError::NoHeapMemory)?;
        let pointer = self.space.target().pointer_bytes();
        (0..count.min(limits::MAX_HEAPS) as u64)
            .map(|index| {
                let read = |at, offset| self.pointer(at, offset).ok_or(HeapError::NoHeapMemory);
                let address = read(heaps, index * pointer)?;
                Ok(HeapVariables {
                    address,
                    generation_table: address.wrapping_add(table),
                    ephemeral_segment: read(address, ephemeral)?,
                    alloc_allocated: read(address, allocated)?,
                    finalize_queue: self.pointer(address, queue),
                })
            })
            .collect()
    }

    fn heap(&mut self, index: u32, variables: &HeapVariables) -> GcHeap {
        let generation_size = self.offsets.generation_size;
        let record = |generation: u32| {
            let offset = u64::from(generation).wrapping_mul(generation_size);
            variables.generation_table.wrapping_add(offset)
        };
        let generation_starts: Vec<_> = match self.offsets.allocation_start {
            Some(field) => (0..self.generation_count)
                .map_while(|generation| self.pointer(record(generation), field))
                .collect(),
            None => Vec::new(),
        };
        for generation in 0..self.generation_count {
            let owner = ContextOwner::Generation { heap: index, generation };
            let at = record(generation).wrapping_add(self.offsets.allocation_context);
            self.contexts.extend(AllocationContext::read(self.runtime, at, owner));
        }
        // Segments hang in the oldest generation's list, the ephemeral one last; regions in that of
        // their own.
        let first = if self.has_regions { 0 } else { 2 };
        for generation in first..self.generation_count {
            match self.pointer(record(generation), self.offsets.start_segment) {
                Some(start) => {
                    self.chain(index, generation, start, variables, &generation_starts);
                }
                None => self.issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    record(generation),
                    format!("generation {generation} of heap {index} is not in the capture"),
                )),
            }
        }
        GcHeap {
            index,
            address: variables.address,
            finalize_queue: variables.finalize_queue.filter(|queue| !queue.is_null()),
            generation_starts,
        }
    }

    fn chain(
        &mut self,
        heap: u32,
        generation: u32,
        start: VirtAddr,
        variables: &HeapVariables,
        starts: &[VirtAddr],
    ) {
        let mut at = start;
        while !at.is_null() {
            if !self.seen.insert(at) || self.seen.len() > limits::MAX_LIST {
                self.issues.push(Issue::in_memory(
                    IssueKind::Cycle,
                    at,
                    format!(
                        "the segments of generation {generation} come back to one that was there before"
                    ),
                ));
                return;
            }
            let Some((segment, next)) = self.segment(heap, generation, at, variables, starts)
            else {
                self.issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    at,
                    format!("a segment record of generation {generation} is not in the capture"),
                ));
                return;
            };
            self.segments.push(segment);
            at = next;
        }
    }

    fn segment(
        &mut self,
        heap: u32,
        generation: u32,
        at: VirtAddr,
        variables: &HeapVariables,
        starts: &[VirtAddr],
    ) -> Option<(Segment, VirtAddr)> {
        let field = |offset| self.pointer(at, offset);
        // The map of objects has a place for each word, and none between words.
        let start = field(self.offsets.mem)?.align_up(self.space.target().pointer_bytes());
        let committed_end = field(self.offsets.committed)?;
        let reserved_end = field(self.offsets.reserved)?;
        let flags = field(self.offsets.flags)?.0;
        let next = field(self.offsets.next)?;
        let is_ephemeral = at == variables.ephemeral_segment;
        // The record of the segment in use is not kept up to date; the heap's own variable is.
        let end =
            if is_ephemeral { variables.alloc_allocated } else { field(self.offsets.allocated)? };
        let kind = match generation {
            _ if flags & FLAG_READ_ONLY != 0 => SegmentKind::Frozen,
            0 => SegmentKind::Generation0,
            1 => SegmentKind::Generation1,
            3 => SegmentKind::Large,
            4 => SegmentKind::Pinned,
            _ if is_ephemeral && !self.has_regions => SegmentKind::Ephemeral,
            _ => SegmentKind::Generation2,
        };
        let objects = AddressRange::new(start, end);
        if end < start || end > committed_end.max(reserved_end) {
            self.issues.push(Issue::in_memory(
                IssueKind::BadValue,
                at,
                format!("a {kind} segment has objects from {start} to {end}, outside its memory"),
            ));
        }
        let segment = Segment {
            heap,
            address: at,
            kind,
            objects: AddressRange::new(start, end.min(committed_end.max(reserved_end))),
            committed: AddressRange::new(base_of(at, start), committed_end),
            reserved: AddressRange::new(committed_end, reserved_end),
            generations: generations(kind, objects, starts),
        };
        Some((segment, next))
    }
}

/// Where the memory of a segment begins: with its record, if that is the page before its objects, else
/// with the page of its first object.
fn base_of(record: VirtAddr, start: VirtAddr) -> VirtAddr {
    match start.offset_from(record) {
        Some(distance) if distance <= 0x1000 => record,
        _ => VirtAddr(start.0 & !0xfff),
    }
}

fn generations(kind: SegmentKind, objects: AddressRange, starts: &[VirtAddr]) -> [AddressRange; 3] {
    let none = AddressRange::default();
    match (kind, starts) {
        (SegmentKind::Generation0, _) => [objects, none, none],
        (SegmentKind::Generation1, _) => [none, objects, none],
        (SegmentKind::Ephemeral, &[start0, start1, ..]) => {
            let clamp = |address: VirtAddr| address.clamp(objects.start, objects.end);
            let (start0, start1) = (clamp(start0), clamp(start1));
            [
                AddressRange::new(start0, objects.end),
                AddressRange::new(start1, start0),
                AddressRange::new(objects.start, start1),
            ]
        }
        _ => [none, none, objects],
    }
}

/// Sorts the segments and drops what a damaged list repeats.
fn without_overlaps(mut segments: Vec<Segment>, issues: &mut Issues) -> Vec<Segment> {
    segments.sort_by_key(|segment| (segment.objects.start, segment.objects.end, segment.address));
    let mut kept: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments {
        if kept.last().is_some_and(|last| segment.objects.start < last.objects.end) {
            issues.push(Issue::in_memory(
                // Not a mere overlap: what only this one covers is not walked.
                IssueKind::BadValue,
                segment.address,
                "a segment overlaps another, which is kept",
            ));
        } else {
            kept.push(segment);
        }
    }
    kept
}
