//! Segments and regions: what they are for, and the runtime's records of them.

use super::ProcessOptions;
use super::arena::Arena;
use super::runtime::{ALLOCATION_START, GENERATION_SIZE, START_SEGMENT};
use super::truth::SegmentTruth;

/// What a segment or region is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// A region of generation 0. The last of a heap is the one that it allocates in.
    Generation0,
    /// A region of generation 1.
    Generation1,
    /// A region, or an older segment, of generation 2.
    Generation2,
    /// The segment of the young generations.
    Ephemeral,
    /// Large objects.
    Large,
    /// Pinned objects.
    Pinned,
    /// Objects that are never collected.
    Frozen,
}

impl SegmentKind {
    /// The generation in whose list it hangs.
    fn generation(self) -> usize {
        match self {
            SegmentKind::Generation0 => 0,
            SegmentKind::Generation1 => 1,
            SegmentKind::Large => 3,
            SegmentKind::Pinned => 4,
            SegmentKind::Generation2 | SegmentKind::Ephemeral | SegmentKind::Frozen => 2,
        }
    }

    fn flags(self) -> u64 {
        match self {
            SegmentKind::Frozen => 1,
            SegmentKind::Large => 8,
            SegmentKind::Pinned => 0x200,
            _ => 0,
        }
    }
}

/// Writes the records of generations: the first segment of each, and where its objects begin.
pub(super) fn write_generations(
    arena: &mut Arena,
    table: u64,
    options: &ProcessOptions,
    segments: &[&SegmentTruth],
    starts: [u64; 2],
) {
    let form = usize::from(!options.wide);
    let starts = [Some(starts[0]), Some(starts[1]), None, None, None];
    for (generation, start) in starts.into_iter().enumerate().take(options.generations()) {
        let record = table + generation as u64 * GENERATION_SIZE[form];
        let mut own = segments.iter().filter(|segment| {
            segment.kind.generation() == generation
                // With segments, the young generations are in the ephemeral one.
                || !options.regions && generation < 2 && segment.kind == SegmentKind::Ephemeral
        });
        if let Some(first) = own.next() {
            arena.put_pointer(record + START_SEGMENT[form], first.record);
            if !options.regions {
                let start = start.unwrap_or(first.start);
                arena.put_pointer(record + ALLOCATION_START[form], start);
            }
        }
    }
}

/// Writes the records of segments, each with the next of its generation.
pub(super) fn write_records(
    native: &mut Arena,
    arenas: &mut Vec<Arena>,
    options: &ProcessOptions,
    segments: &[SegmentTruth],
) {
    for (index, segment) in segments.iter().enumerate() {
        let next = segments[index + 1..].iter().find(|other| {
            other.heap == segment.heap && other.kind.generation() == segment.kind.generation()
        });
        let words = [
            segment.end,
            segment.committed_end,
            segment.reserved_end,
            segment.end,
            segment.start,
            segment.kind.flags(),
            next.map_or(0, |next| next.record),
            0,
        ];
        if options.regions {
            native.put_pointers(segment.record, &words);
        } else {
            let mut arena = Arena::new(segment.record, options.pointer());
            arena.zeroes(words.len() * options.pointer(), 1);
            arena.put_pointers(segment.record, &words);
            arenas.push(arena);
        }
    }
}
