//! Segments and regions.

use std::fmt;

use clrscope_memory::VirtAddr;

use crate::range::AddressRange;

/// What a segment or region is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// A region of generation 0.
    Generation0,
    /// A region of generation 1.
    Generation1,
    /// A region, or an older segment, of generation 2.
    Generation2,
    /// The segment that holds generations 0 and 1, and some of 2.
    Ephemeral,
    /// Large objects.
    Large,
    /// Pinned objects (.NET 5 and later).
    Pinned,
    /// Objects that are never collected (.NET 8 and later), or a read-only segment.
    Frozen,
}

impl SegmentKind {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            SegmentKind::Generation0 => "gen0",
            SegmentKind::Generation1 => "gen1",
            SegmentKind::Generation2 => "gen2",
            SegmentKind::Ephemeral => "ephemeral",
            SegmentKind::Large => "loh",
            SegmentKind::Pinned => "poh",
            SegmentKind::Frozen => "frozen",
        }
    }

    /// Whether objects begin at multiples of eight bytes on every target.
    pub const fn aligns_to_eight(self) -> bool {
        matches!(self, SegmentKind::Large | SegmentKind::Pinned)
    }
}

impl fmt::Display for SegmentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A segment or region of a heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Number of the heap that it belongs to.
    pub heap: u32,
    /// Address of the record that describes it.
    pub address: VirtAddr,
    /// What it is for.
    pub kind: SegmentKind,
    /// Where its objects are: from the first to behind the last.
    pub objects: AddressRange,
    /// Its memory that is backed.
    pub committed: AddressRange,
    /// Its memory behind that, which is only set aside.
    pub reserved: AddressRange,
    /// The part of [`Segment::objects`] that each generation has, by its number 0, 1, 2. Large, pinned and
    /// frozen objects count as generation 2.
    pub generations: [AddressRange; 3],
}

impl Segment {
    /// The generation that an address of [`Segment::objects`] belongs to: 0, 1, 2, and 3 for large
    /// and 4 for pinned objects.
    pub fn generation_of(&self, address: VirtAddr) -> u32 {
        match self.kind {
            SegmentKind::Large => 3,
            SegmentKind::Pinned => 4,
            _ => (0..2)
                .find(|&generation| self.generations[generation as usize].contains(address))
                .unwrap_or(2),
        }
    }
}
