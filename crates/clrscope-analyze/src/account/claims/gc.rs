//! What the garbage collector claims.

use std::collections::BTreeSet;

use clrscope_clr::{AddressRange, HeapObjects, SegmentKind};
use clrscope_memory::{RegionType, VirtAddr};

use super::{Claims, captured_places};
use crate::GenerationFilter;
use crate::account::class::MemoryClass;
use crate::account::gc_detail;

/// Segments and regions: where objects are, what is committed behind them, what is only set aside.
pub(super) fn segments(claims: &mut Claims<'_>, objects: &HeapObjects<'_>) {
    let segments = objects.heap().segments();
    for segment in segments {
        for range in segment.generations {
            let generation = GenerationFilter::of(segment, range.start);
            claims.add(range, MemoryClass::GcObjects, gc_detail(segment.heap, generation));
        }
        let generation = GenerationFilter::of(segment, segment.objects.start);
        let detail = gc_detail(segment.heap, generation);
        claims.add(segment.objects, MemoryClass::GcObjects, detail);
    }
    for segment in segments {
        let detail = format!("heap {} {}", segment.heap, segment.kind.name());
        claims.add(segment.committed, MemoryClass::GcUnused, detail.clone());
        claims.add(segment.reserved, MemoryClass::GcUnused, detail);
    }
}

/// The reservations that segments and regions lie in: what of them belongs to none is theirs, too. Regions
/// of .NET 7 and later come from one reservation.
pub(super) fn reservations(claims: &mut Claims<'_>, objects: &HeapObjects<'_>) {
    let bases: BTreeSet<VirtAddr> = objects
        .heap()
        .segments()
        .iter()
        .filter(|segment| segment.kind != SegmentKind::Frozen)
        .filter_map(|segment| claims.region_at(segment.objects.start))
        .filter(|region| region.kind == RegionType::Private)
        .map(|region| region.allocation_base)
        .collect();
    for base in bases {
        claims.add_allocation(base, MemoryClass::GcUnused, "in no region");
    }
}

/// Where a `card_table_info` has its fields, in words: the first and the last address that it describes, the
/// brick table, and the size of all.
struct TableShape {
    low: u64,
    high: u64,
    bricks: u64,
    size: u64,
}

/// Measured on .NET 6 to 10; on .NET Core 2.1 and 3.1; and there without a table of card bundles.
const TABLE_SHAPES: [TableShape; 3] = [
    TableShape { low: 3, high: 4, bricks: 5, size: 1 },
    TableShape { low: 1, high: 2, bricks: 3, size: 6 },
    TableShape { low: 1, high: 2, bricks: 3, size: 5 },
];

const PAGE: u64 = 0x1000;

/// For runtimes that do not say where they are (before .NET 8), tables that describe the heap: cards, bricks, marks, maps of segments or regions. One allocation that
/// begins with a `card_table_info` (dotnet/runtime, src/coreclr/gc/gcpriv.h), recognised by its shape: a
/// count of users, whole pages from the lowest to the highest address of the heap, tables within
/// its own size.
pub(super) fn bookkeeping(claims: &mut Claims<'_>, objects: &HeapObjects<'_>) {
    let segments = objects.heap().segments().iter();
    let collected = segments.filter(|segment| segment.kind != SegmentKind::Frozen);
    let (mut lowest, mut highest) = (VirtAddr(u64::MAX), VirtAddr(0));
    for segment in collected {
        lowest = lowest.min(segment.objects.start);
        highest = highest.max(segment.objects.end);
    }
    let space = &objects.heap().runtime().snapshot().space;
    let mut candidates: BTreeSet<VirtAddr> = BTreeSet::new();
    for region in claims.regions {
        match region.kind {
            RegionType::Private => candidates.extend([region.allocation_base]),
            RegionType::Unknown => {
                candidates.extend(captured_places(region, space));
            }
            _ => {}
        }
    }
    let width = space.target().pointer_bytes();
    let word = |base: VirtAddr, index: u64| space.read_pointer(base.wrapping_add(index * width));
    let describes = |base: VirtAddr| -> Option<u64> {
        let users = word(base, 0)?.0 & u64::from(u32::MAX);
        TABLE_SHAPES.iter().find_map(|shape| {
            let (low, high) = (word(base, shape.low)?, word(base, shape.high)?);
            let (bricks, size) = (word(base, shape.bricks)?, word(base, shape.size)?.0);
            let whole = AddressRange::new(base, VirtAddr(base.0.checked_add(size)?));
            let fits = (1..0x1_0000).contains(&users)
                && !low.is_null()
                && low <= lowest
                && highest <= high
                && (low.0 | high.0).is_multiple_of(PAGE)
                && whole.contains(bricks)
                && !(low < whole.end && base < high);
            fits.then_some(size)
        })
    };
    let found: Vec<(VirtAddr, u64)> =
        candidates.into_iter().filter_map(|base| Some((base, describes(base)?))).collect();
    for (base, size) in found {
        claims.add_bytes(base, size, MemoryClass::GcBookkeeping, "");
        claims.add_allocation(base, MemoryClass::GcBookkeeping, "");
    }
}
