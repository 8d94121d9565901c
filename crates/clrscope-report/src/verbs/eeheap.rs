//! `eeheap`: heaps, their segments or regions, and generations.

use std::io;

use clrscope_clr::{AddressRange, ContextOwner, GcHeap, Heap, Segment, SegmentKind};
use serde::Serialize;

use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A stretch of memory: start and end.
pub type Span = [Address; 2];

/// A segment or a region.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentEntry {
    /// `gen0`, `gen1`, `gen2`, `loh`, `poh`, `frozen`, or `ephemeral` for the segment that holds the
    /// young generations.
    pub kind: &'static str,
    /// Address of the runtime's own record of it.
    pub address: Address,
    /// First byte of the first object.
    pub start: Address,
    /// Behind the last object.
    pub end: Address,
    /// Behind the last byte that is backed by memory.
    pub committed_end: Address,
    /// Bytes that are backed by memory, its head before the first object among them.
    pub committed_bytes: u64,
    /// Behind the last byte that is set aside.
    pub reserved_end: Address,
    /// The part that is generation 0.
    pub gen0: Option<Span>,
    /// The part that is generation 1.
    pub gen1: Option<Span>,
    /// The part that is generation 2.
    pub gen2: Option<Span>,
}

impl SegmentEntry {
    fn new(segment: &Segment) -> SegmentEntry {
        let part = |generation: usize| {
            let range = segment.generations[generation];
            let is_young = !matches!(
                segment.kind,
                SegmentKind::Large | SegmentKind::Pinned | SegmentKind::Frozen
            );
            (is_young && !range.is_empty()).then(|| span(range))
        };
        SegmentEntry {
            kind: segment.kind.name(),
            address: segment.address.into(),
            start: segment.objects.start.into(),
            end: segment.objects.end.into(),
            committed_end: segment.committed.end.into(),
            committed_bytes: segment.committed.len(),
            reserved_end: segment.reserved.end.max(segment.committed.end).into(),
            gen0: part(0),
            gen1: part(1),
            gen2: part(2),
        }
    }

    /// Bytes from the first object to behind the last.
    pub fn bytes(&self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }
}

/// A heap: the only one, or that of one processor.
#[derive(Debug, Clone, Serialize)]
pub struct HeapEntry {
    /// Its number, from zero.
    pub index: u32,
    /// Address of the runtime's own record of it; absent with the workstation GC.
    pub address: Option<Address>,
    /// Where the young generations begin, on heaps of segments: 0, 1 and 2.
    pub generation_starts: Option<[Address; 3]>,
    /// What allocations in generation 0 are made from, if that is known: start and end.
    pub allocation_context: Option<Span>,
    /// Its segments or regions, by kind and address.
    pub segments: Vec<SegmentEntry>,
    /// Bytes from first objects to behind last ones, over all segments.
    pub bytes: u64,
    /// Bytes that are backed by memory.
    pub committed_bytes: u64,
}

/// The answer of `eeheap -gc`.
#[derive(Debug, Clone, Serialize)]
pub struct EeHeap {
    /// Whether heaps are of the server GC.
    pub server_gc: bool,
    /// Whether heaps are made of regions.
    pub regions: bool,
    /// All heaps.
    pub heaps: Vec<HeapEntry>,
    /// Bytes from first objects to behind last ones.
    pub bytes: u64,
    /// Bytes that are backed by memory.
    pub committed_bytes: u64,
}

fn span(range: AddressRange) -> Span {
    [range.start.into(), range.end.into()]
}

impl HeapEntry {
    fn new(heap: &Heap<'_>, one: &GcHeap, is_wanted: impl Fn(&Segment) -> bool) -> HeapEntry {
        let segments = heap.segments().iter().filter(|segment| segment.heap == one.index);
        let mut segments: Vec<_> = segments.filter(|segment| is_wanted(segment)).collect();
        segments.sort_by_key(|segment| (segment.kind, segment.objects.start));
        let segments: Vec<_> = segments.into_iter().map(SegmentEntry::new).collect();
        let starts = one.generation_starts.first_chunk::<3>();
        let owner = ContextOwner::Generation { heap: one.index, generation: 0 };
        let context = heap.allocation_contexts().iter().find(|context| context.owner == owner);
        HeapEntry {
            index: one.index,
            address: (!one.address.is_null()).then(|| one.address.into()),
            generation_starts: starts.map(|starts| starts.map(Address::from)),
            allocation_context: context.map(|c| [c.pointer.into(), c.limit.into()]),
            bytes: segments.iter().map(SegmentEntry::bytes).fold(0, u64::saturating_add),
            committed_bytes: segments
                .iter()
                .map(|segment| segment.committed_bytes)
                .fold(0, u64::saturating_add),
            segments,
        }
    }
}

const DIVIDER: &str = "------------------------------";

/// Parts of a heap in the order in which SOS prints them: the heading, and the kinds of its segments.
const PARTS: &[(&str, &[&str])] = &[
    ("Small object heap", &["gen0", "gen1", "gen2", "ephemeral"]),
    ("NonGC heap", &["frozen"]),
    ("Large object heap", &["loh"]),
    ("Pinned object heap", &["poh"]),
];

impl EeHeap {
    /// Says what `heap` is made of: the heaps and the segments that are wanted.
    pub fn new(heap: &Heap<'_>, is_wanted: impl Fn(&Segment) -> bool) -> EeHeap {
        let has_none = |index| heap.segments().iter().all(|segment| segment.heap != index);
        let heaps = heap.heaps().iter().map(|one| HeapEntry::new(heap, one, &is_wanted));
        let heaps = heaps.filter(|one| !one.segments.is_empty() || has_none(one.index));
        let heaps: Vec<_> = heaps.collect();
        EeHeap {
            server_gc: heap.is_server(),
            regions: heap.has_regions(),
            bytes: heaps.iter().map(|heap| heap.bytes).fold(0, u64::saturating_add),
            committed_bytes: heaps
                .iter()
                .map(|heap| heap.committed_bytes)
                .fold(0, u64::saturating_add),
            heaps,
        }
    }

    fn current_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(page, "Number of GC Heaps: {}", self.heaps.len())?;
        for heap in &self.heaps {
            writeln!(page, "{DIVIDER}")?;
            if let Some(address) = heap.address {
                let address = page.style().address(address.into());
                writeln!(page, "Heap {} ({address})", heap.index)?;
            }
            if let Some(starts) = heap.generation_starts {
                for (generation, start) in starts.iter().enumerate() {
                    let start = page.style().address((*start).into());
                    writeln!(page, "generation {generation} starts at {start}")?;
                }
                context_line(page, heap.allocation_context)?;
            }
            for (heading, kinds) in PARTS {
                self.part(page, heap, heading, kinds)?;
            }
            size_line(page, "Allocated Heap Size:", heap.bytes)?;
            size_line(page, "Committed Heap Size:", heap.committed_bytes)?;
        }
        writeln!(page, "{DIVIDER}")?;
        size_line(page, "GC Allocated Heap Size:", self.bytes)?;
        size_line(page, "GC Committed Heap Size:", self.committed_bytes)
    }

    fn part(
        &self,
        page: &mut Page<'_>,
        heap: &HeapEntry,
        heading: &str,
        kinds: &[&str],
    ) -> io::Result<()> {
        let mut segments = heap.segments.iter().filter(|s| kinds.contains(&s.kind)).peekable();
        if segments.peek().is_none() {
            return Ok(());
        }
        let width = page.style().address_width();
        page.heading(heading)?;
        writeln!(
            page,
            "{:>width$} {:>width$} {:>width$} {:>width$} {:>24} {:>24}",
            "segment", "begin", "allocated", "committed", "allocated size", "committed size"
        )?;
        let mut last = "";
        for segment in segments {
            if self.regions && segment.kind.starts_with("gen") && segment.kind != last {
                last = segment.kind;
                writeln!(page, "generation {}:", &segment.kind[3..])?;
            }
            writeln!(
                page,
                "{:0width$x} {:0width$x} {:0width$x} {:0width$x} {:>24} {:>24}",
                segment.address.0,
                segment.start.0,
                segment.end.0,
                segment.committed_end.0,
                both(segment.bytes()),
                both(segment.committed_bytes),
            )?;
        }
        Ok(())
    }

    /// The text of .NET Framework's SOS.
    fn classic_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.style().address_width() + 2;
        writeln!(page, "Number of GC Heaps: {}", self.heaps.len())?;
        for heap in &self.heaps {
            if self.server_gc {
                writeln!(page, "{DIVIDER}")?;
                let address = heap.address.map_or(0, |address| address.0);
                writeln!(page, "Heap {} ({address:#0width$x})", heap.index)?;
            }
            for (generation, start) in heap.generation_starts.iter().flatten().enumerate() {
                writeln!(page, "generation {generation} starts at {:#0width$x}", start.0)?;
            }
            match heap.allocation_context {
                Some([start, end]) => writeln!(
                    page,
                    "ephemeral segment allocation context: ({:#0width$x}, {:#0width$x})",
                    start.0, end.0
                )?,
                None => writeln!(page, "ephemeral segment allocation context: none")?,
            }
            writeln!(page, "segment    begin       allocated     size")?;
            let (large, small): (Vec<_>, Vec<_>) =
                heap.segments.iter().partition(|segment| matches!(segment.kind, "loh" | "poh"));
            for segment in small {
                let size = format!("{:#x}", segment.bytes());
                classic_row(page, segment, &size, width)?;
            }
            if let Some(first) = large.first() {
                writeln!(page, "Large object heap starts at {:#0width$x}", first.start.0)?;
                writeln!(page, "segment    begin       allocated     size")?;
            }
            for segment in large {
                // The large heap's sizes are padded, the small one's are not.
                let size = format!("{:#0width$x}", segment.bytes());
                classic_row(page, segment, &size, width)?;
            }
            let total = if self.server_gc { "Heap Size" } else { "Total Size" };
            writeln!(page, "{total}  {:>#8x}({})", heap.bytes, Grouped(heap.bytes))?;
        }
        writeln!(page, "{DIVIDER}")?;
        writeln!(page, "GC Heap Size  {:>#8x}({})", self.bytes, Grouped(self.bytes))
    }
}

fn classic_row(
    page: &mut Page<'_>,
    segment: &SegmentEntry,
    size: &str,
    width: usize,
) -> io::Result<()> {
    writeln!(
        page,
        "{:#0width$x} {:#0width$x}  {:#0width$x} {size}({})",
        segment.address.0,
        segment.start.0,
        segment.end.0,
        Grouped(segment.bytes()),
    )
}

fn context_line(page: &mut Page<'_>, context: Option<Span>) -> io::Result<()> {
    match context {
        Some([start, end]) => {
            writeln!(page, "ephemeral segment allocation context: ({:x}, {:x})", start.0, end.0)
        }
        None => writeln!(page, "ephemeral segment allocation context: none"),
    }
}

fn size_line(page: &mut Page<'_>, label: &str, bytes: u64) -> io::Result<()> {
    writeln!(page, "{label:<26} Size: {} bytes.", both(bytes))
}

/// A size in both bases, as SOS prints it.
fn both(bytes: u64) -> String {
    format!("{bytes:#x} ({})", Grouped(bytes))
}

impl Report for EeHeap {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if page.style().classic { self.classic_text(page) } else { self.current_text(page) }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "heap",
            "kind",
            "address",
            "start",
            "end",
            "committed_end",
            "reserved_end",
            "bytes",
            "committed_bytes",
        ])?;
        for heap in &self.heaps {
            for segment in &heap.segments {
                rows.row(&[
                    Cell::Number(heap.index.into()),
                    Cell::Text(segment.kind),
                    segment.address.into(),
                    segment.start.into(),
                    segment.end.into(),
                    segment.committed_end.into(),
                    segment.reserved_end.into(),
                    Cell::Number(segment.bytes()),
                    Cell::Number(segment.committed_bytes),
                ])?;
            }
        }
        Ok(())
    }
}
