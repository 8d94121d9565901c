//! The NT heap: `_HEAP` and `_HEAP_SEGMENT` as the public symbols of ntdll describe them, from Windows 7
//! on. Everything behind the signature keeps its distance from it; the signature itself moved by one
//! word with Windows 8.

use std::collections::BTreeMap;

use clrscope_clr::AddressRange;
use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr};

use super::{NativeHeap, NativeHeapKind, list, word};

/// `_HEAP.Signature`.
const HEAP: u32 = 0xeeff_eeff;
/// `_HEAP_SEGMENT.SegmentSignature`; a heap begins with its first segment.
const SEGMENT: u32 = 0xffee_ffee;

struct Offsets {
    segment_signature: u64,
    /// Within a segment: where its link in the list is, and what it says of itself.
    segment_link: u64,
    segment_heap: u64,
    segment_base: u64,
    segment_end: u64,
    /// Where the signature can be.
    signatures: [u64; 2],
    /// Behind the signature.
    free_units: u64,
    large_blocks: u64,
    segments: u64,
    /// Within the header of a large block.
    large_reserved: u64,
}

const NARROW: Offsets = Offsets {
    segment_signature: 0x8,
    segment_link: 0x10,
    segment_heap: 0x18,
    segment_base: 0x1c,
    segment_end: 0x28,
    signatures: [0x60, 0x64],
    free_units: 0x14,
    large_blocks: 0x3c,
    segments: 0x44,
    large_reserved: 0x14,
};

const WIDE: Offsets = Offsets {
    segment_signature: 0x10,
    segment_link: 0x18,
    segment_heap: 0x28,
    segment_base: 0x30,
    segment_end: 0x48,
    signatures: [0x98, 0xa0],
    free_units: 0x28,
    large_blocks: 0x78,
    segments: 0x88,
    large_reserved: 0x28,
};

/// Reads the heap at `address`; `None`, if what is there is no NT heap.
pub(super) fn read(
    address: VirtAddr,
    space: &AddressSpace<'_>,
    issues: &mut Issues,
) -> Option<NativeHeap> {
    let width = space.target().pointer_bytes();
    let at = if width == 8 { &WIDE } else { &NARROW };
    if space.read_u32(address.wrapping_add(at.segment_signature)) != Some(SEGMENT) {
        return None;
    }
    let signed = |offset: &&u64| space.read_u32(address.wrapping_add(**offset)) == Some(HEAP);
    let signature = address.wrapping_add(*at.signatures.iter().find(signed)?);

    let mut heap = NativeHeap {
        address,
        kind: NativeHeapKind::Nt,
        segments: Vec::new(),
        large_blocks: Vec::new(),
        // In units of what blocks are aligned to: twice a pointer.
        free: word(space, signature.wrapping_add(at.free_units))
            .and_then(|units| units.checked_mul(2 * width))
            .unwrap_or(0),
        objects: BTreeMap::new(),
    };
    for link in list::entries(signature.wrapping_add(at.segments), space, issues) {
        let segment = link.wrapping_sub(at.segment_link);
        let field = |offset: u64| word(space, segment.wrapping_add(offset)).map(VirtAddr);
        let owner = field(at.segment_heap);
        match (field(at.segment_base), field(at.segment_end)) {
            (Some(base), Some(end)) if owner == Some(address) && base < end => {
                heap.segments.push(AddressRange::new(base, end));
            }
            _ => {
                let message = "a segment of a native heap is damaged";
                issues.push(Issue::in_memory(IssueKind::BadValue, segment, message));
            }
        }
    }
    // A large block begins with its link.
    for block in list::entries(signature.wrapping_add(at.large_blocks), space, issues) {
        let bytes = word(space, block.wrapping_add(at.large_reserved));
        if let Some(end) = bytes.and_then(|bytes| block.checked_add(bytes)) {
            heap.large_blocks.push(AddressRange::new(block, end));
        }
    }
    Some(heap)
}
