//! The first pass over a heap: which types there are, how many objects of each, where the walk can be
//! entered, and where it cannot go.
//!
//! A segment is one long chain: where an object begins, only the one before it knows. To walk it on
//! several cores, it is cut into chunks, and each walk begins at the first place in its chunk where a
//! run of objects seems to begin. Afterwards the chunks are put together from the left: where the walk
//! of one chunk did not end at the guess of the next, that one is walked again, from where it really
//! begins. So the result is that of one walk from the start, whatever the guesses.

use clrscope_memory::{AddressSpace, Control, Interrupted, Progress, RegionState, VirtAddr};
use rustc_hash::FxHashMap;

use super::segment::Segment;
use super::types::{Interner, MethodTableInfo, TypeStats, TypeTable};
use super::walk::{Damage, DamageKind, Span, Walk};
use super::{Heap, loader_allocator};
use crate::gc_desc::GcDesc;
use crate::method_table::MethodTableReader;
use crate::parallel;
use crate::range::AddressRange;

/// Bytes of a chunk at least.
const CHUNK: u64 = 2 * 1024 * 1024;
/// Chunks that a heap is cut into, about, if it is large.
const MAX_CHUNKS: u64 = 4096;
/// Bytes between those that are captured that a chunk may have, for each that is: what is kept of a chunk
/// grows with its length, and by damaged records a segment can be any part of the address space.
const MAX_ABSENT: u64 = 64;
/// How far into its chunk a guess is looked for. An object that is larger covers the guess's place,
/// and the chunk is walked when its true beginning is known.
const GUESS: u64 = 64 * 1024;

/// A part of a segment that is entered at a known object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) segment: usize,
    /// From its first object to where the objects of the next chunk begin at the earliest.
    pub(super) range: AddressRange,
    pub(super) objects_before: u64,
    pub(super) objects: u64,
}

pub(super) struct Survey {
    pub(super) types: TypeTable,
    pub(super) stats: Vec<TypeStats>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) holes: Vec<Vec<AddressRange>>,
    pub(super) damage: Vec<Damage>,
}

/// A chunk before it is known where it begins.
struct Piece {
    segment: usize,
    start: u64,
    stop: u64,
    is_first: bool,
}

/// What a walk over a piece found.
struct Walked {
    entry: u64,
    exit: u64,
    objects: u64,
    /// By the interner's numbers; those with no objects left out.
    stats: Vec<(u32, TypeStats)>,
    damage: Vec<Damage>,
}

pub(super) fn survey(heap: &Heap<'_>, control: &Control<'_>) -> Result<Survey, Interrupted> {
    let segments = heap.segments();
    let mut holes: Vec<Vec<AddressRange>> =
        segments.iter().map(|segment| context_holes(heap, segment)).collect();
    let pieces = cut(heap.space(), segments);
    let interner = Interner::new(heap);
    let span = |piece: &Piece, start| Span {
        start,
        stop: piece.stop,
        end: segments[piece.segment].objects.end.0,
        alignment: heap.alignment_of(&segments[piece.segment]),
        holes: &holes[piece.segment],
    };

    let mut results = PieceResults::default();
    if parallel::threads() > 1 {
        let guesses = parallel::map(&pieces, |piece| {
            control.tick(Progress { phase: "walking the heap", done: piece.start, total: 0 })?;
            let mut walk = Walk::new(heap.space(), &interner, span(piece, piece.start));
            let near = |end: u64| end.saturating_add(GUESS);
            let entry = if piece.is_first {
                Some(piece.start)
            } else {
                walk.plausible_between(piece.start, piece.stop.min(near(piece.start)))
            };
            Ok(entry.and_then(|entry| {
                walk.restart(span(piece, entry));
                walk.give_up_behind(near(piece.stop));
                let walked = run(&mut walk, entry);
                (!walk.gave_up()).then_some(walked)
            }))
        })?;
        results.accept(&pieces, guesses, |piece, entry| {
            control.check()?;
            let mut walk = Walk::new(heap.space(), &interner, span(piece, entry));
            Ok(run(&mut walk, entry))
        })?;
    } else if let Some(first) = pieces.first() {
        let mut walk = Walk::new(heap.space(), &interner, span(first, first.start));
        let guesses = pieces.iter().map(|_| None).collect();
        results.accept(&pieces, guesses, |piece, entry| {
            control.tick(Progress { phase: "walking the heap", done: entry, total: 0 })?;
            walk.restart(span(piece, entry));
            Ok(run(&mut walk, entry))
        })?;
    }

    for damage in &mut results.damage {
        if damage.kind == DamageKind::NoMethodTable && lacks_type(heap, damage.range.start) {
            damage.kind = DamageKind::AbsentMethodTable;
        }
        if let Some(index) = heap.segment_index(damage.range.start) {
            holes[index].push(damage.range);
        }
    }
    for holes in &mut holes {
        holes.sort_by_key(|hole| hole.start);
    }
    let (types, stats) = number(heap, interner, &results.stats);
    Ok(Survey { types, stats, chunks: results.chunks, holes, damage: results.damage })
}

/// Whether what begins at `address` has its method table where the process had memory that the capture
/// does not hold.
fn lacks_type(heap: &Heap<'_>, address: VirtAddr) -> bool {
    let snapshot = heap.runtime().snapshot();
    let Some(word) = snapshot.space.read_pointer(address) else { return false };
    let region = snapshot.region_at(word).filter(|_| !snapshot.space.contains(word));
    region.is_some_and(|region| region.state == RegionState::Commit)
}

/// Cuts the segments into pieces of about the same size. Where they are cut depends on nothing but the
/// segments.
fn cut(space: &AddressSpace<'_>, segments: &[Segment]) -> Vec<Piece> {
    let held: u64 = segments
        .iter()
        .map(|segment| space.captured_bytes(segment.objects.start, segment.objects.len()))
        .sum();
    let size = CHUNK.max((held / MAX_CHUNKS).next_multiple_of(CHUNK));
    let mut pieces = Vec::new();
    for (segment, AddressRange { start, end }) in segments.iter().map(|s| s.objects).enumerate() {
        let mut from = start.0;
        let mut add = |stop: u64| {
            pieces.push(Piece { segment, start: from, stop, is_first: from == start.0 });
            from = stop;
        };
        // Bytes that are captured in the piece, and where the last of them ends.
        let (mut inside, mut behind) = (0, start.0);
        for (at, bytes) in space.iter_within(start, end) {
            if (at.0 - behind) / MAX_ABSENT > inside {
                add(at.0);
                inside = 0;
            }
            behind = at.0 + bytes.len() as u64;
            let mut left = bytes.len() as u64;
            while left > size - inside {
                left -= size - inside;
                add(behind - left);
                inside = 0;
            }
            inside += left;
        }
        if behind.max(start.0) < end.0 || inside > 0 {
            add(end.0);
        }
    }
    pieces
}

fn run(walk: &mut Walk<'_, '_, Interner<'_, '_>>, entry: u64) -> Walked {
    let mut counts: Vec<TypeStats> = Vec::with_capacity(1024);
    let mut objects = 0;
    while let Some((object, _)) = walk.next() {
        let index = object.ty.index();
        if index >= counts.len() {
            counts.resize(index + 1, TypeStats::default());
        }
        let stats = &mut counts[index];
        stats.count += 1;
        stats.bytes += object.size;
        objects += 1;
    }
    let stats = (0..).zip(counts).filter(|(_, stats)| stats.count > 0).collect();
    Walked { entry, exit: walk.position(), objects, stats, damage: walk.take_damage() }
}

/// The pieces' results, put together from the left.
#[derive(Default)]
struct PieceResults {
    chunks: Vec<Chunk>,
    stats: Vec<TypeStats>,
    damage: Vec<Damage>,
    objects: u64,
}

impl PieceResults {
    fn accept(
        &mut self,
        pieces: &[Piece],
        guesses: Vec<Option<Walked>>,
        mut walk: impl FnMut(&Piece, u64) -> Result<Walked, Interrupted>,
    ) -> Result<(), Interrupted> {
        let mut entry = 0;
        for (piece, guess) in pieces.iter().zip(guesses) {
            if piece.is_first {
                entry = piece.start;
            }
            if entry >= piece.stop {
                continue;
            }
            let walked = match guess {
                Some(walked) if walked.entry == entry => walked,
                _ => walk(piece, entry)?,
            };
            entry = walked.exit;
            self.add(piece, walked);
        }
        Ok(())
    }

    fn add(&mut self, piece: &Piece, walked: Walked) {
        self.chunks.push(Chunk {
            segment: piece.segment,
            range: AddressRange::new(VirtAddr(walked.entry), VirtAddr(piece.stop)),
            objects_before: self.objects,
            objects: walked.objects,
        });
        self.objects += walked.objects;
        self.damage.extend(walked.damage);
        for (index, stats) in walked.stats {
            let index = index as usize;
            if index >= self.stats.len() {
                self.stats.resize(index + 1, TypeStats::default());
            }
            self.stats[index].count += stats.count;
            self.stats[index].bytes += stats.bytes;
        }
    }
}

/// Gives the types that have objects their final numbers, and reads what only they need.
fn number(
    heap: &Heap<'_>,
    interner: Interner<'_, '_>,
    stats: &[TypeStats],
) -> (TypeTable, Vec<TypeStats>) {
    let reader = heap.method_tables();
    let mut found = FxHashMap::default();
    for (address, shape) in interner.into_known() {
        let stats = stats.get(shape.id as usize).copied().unwrap_or_default();
        if stats.count > 0 {
            found.insert(address, stats);
        }
    }
    let mut loader_allocators = loader_allocator::Finder::new(heap.runtime());
    let types = found
        .keys()
        .filter_map(|&address| describe(reader, &mut loader_allocators, address))
        .collect();
    let types = TypeTable::new(types);
    let stats = types
        .iter()
        .map(|(_, info)| found.get(&info.address).copied().unwrap_or_default())
        .collect();
    (types, stats)
}

fn describe(
    reader: &MethodTableReader<'_>,
    loader_allocators: &mut loader_allocator::Finder<'_, '_>,
    address: VirtAddr,
) -> Option<MethodTableInfo> {
    let header = reader.header(address)?;
    let gc_desc = if header.contains_pointers() {
        GcDesc::read(reader.space(), address).unwrap_or_default()
    } else {
        GcDesc::None
    };
    let loader_allocator =
        reader.is_collectible(header).then(|| loader_allocators.of_type(reader, address)).flatten();
    Some(MethodTableInfo {
        address,
        flags: header.flags,
        base_size: header.base_size,
        component_size: header.component_size(),
        is_free: reader.is_free(address),
        gc_desc,
        loader_allocator,
    })
}

/// The holes that the allocation contexts leave in a segment.
fn context_holes(heap: &Heap<'_>, segment: &Segment) -> Vec<AddressRange> {
    let smallest = 3 * heap.method_tables().pointer_width().bytes();
    let gap = smallest.next_multiple_of(heap.alignment_of(segment));
    // They are in order of their pointers.
    let contexts = heap.allocation_contexts();
    let first = contexts.partition_point(|context| context.pointer < segment.objects.start);
    contexts[first..]
        .iter()
        .take_while(|context| context.pointer < segment.objects.end)
        .filter_map(|context| {
            let end = context.limit.checked_add(gap)?.align_up(heap.alignment_of(segment));
            let end = end.min(segment.objects.end);
            (end > context.pointer).then_some(AddressRange { start: context.pointer, end })
        })
        .collect()
}
