//! The heap of Wine (dlls/ntdll/heap.c, `struct heap`, `SUBHEAP`, `struct block`, as of version 8). It
//! begins like the NT heap and has a signature of its own, from which the lists before it are found.

use std::collections::BTreeMap;

use clrscope_clr::AddressRange;
use clrscope_memory::{
    AddressSpace, Control, Interrupted, Issue, IssueKind, Issues, Snapshot, VirtAddr,
};

use super::{Images, NativeHeap, NativeHeapKind, list, word};

/// `heap.ffeeffee`.
const SIGNATURE: u32 = 0xffee_ffee;
/// `heap.magic`: "HEAP".
const MAGIC: u32 = u32::from_le_bytes(*b"HEAP");
/// Where the magic number is looked for: behind the part that Windows' heaps share.
const MAGIC_WITHIN: std::ops::Range<u64> = 0x50..0x100;
/// Sub-heaps and their blocks: the unit that memory is committed by.
const COMMIT: u64 = 0x1_0000;

/// `BLOCK_FLAG_FREE`.
const FREE: u8 = 1;
/// `block_type` of a block that is in use, and of one that is not.
const TYPES: [[u8; 2]; 2] = [*b"US", *b"FR"];
/// `block_type` of a large block.
const LARGE: [u8; 2] = *b"La";
/// Blocks between two questions whether to go on.
const CHECK_EVERY: u64 = 1 << 16;

/// Reads the heap at `address`, and says what other heaps it is linked to; `None`, if what is there is
/// no heap of Wine.
pub(super) fn read(
    address: VirtAddr,
    snapshot: &Snapshot<'_>,
    images: &Images<'_>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<Option<(NativeHeap, Vec<VirtAddr>)>, Interrupted> {
    let space = &snapshot.space;
    let width = space.target().pointer_bytes();
    if space.read_u32(address.wrapping_add(2 * width)) != Some(SIGNATURE) {
        return Ok(None);
    }
    let mut places = MAGIC_WITHIN.step_by(4).map(|offset| (offset, address.wrapping_add(offset)));
    let found = places.find(|&(_, place)| space.read_u32(place) == Some(MAGIC));
    let Some((offset, magic)) = found else { return Ok(None) };

    // Before the magic number: three lists (of heaps, of sub-heaps, of large blocks) and two sizes.
    let link = |index: u64| magic.wrapping_sub((8 - 2 * index) * width);
    let link_offset = offset.wrapping_sub(8 * width);
    let mut heap = NativeHeap {
        address,
        kind: NativeHeapKind::Wine,
        segments: Vec::new(),
        large_blocks: Vec::new(),
        free: 0,
        objects: BTreeMap::new(),
    };
    let mut contents = Contents { free: 0, objects: vec![0; images.0.len()] };
    for entry in list::entries(link(1), space, issues) {
        let Some(part) = SubHeap::read(entry, space).filter(|part| part.heap == address) else {
            let message = "a part of a native heap is damaged";
            issues.push(Issue::in_memory(IssueKind::BadValue, entry, message));
            continue;
        };
        heap.segments.push(part.range);
        part.walk(snapshot, images, &mut contents, issues, control)?;
    }
    heap.free = contents.free;
    heap.objects = images.by_name(&contents.objects);
    for entry in list::entries(link(2), space, issues) {
        let block = entry.wrapping_add(5 * width);
        let header: Option<[u8; 8]> = space.read_array(block);
        let bytes = word(space, entry.wrapping_add(3 * width));
        let is_large = header.is_some_and(|header| [header[6], header[7]] == LARGE);
        match bytes.and_then(|bytes| block.checked_add(bytes)).filter(|_| is_large) {
            Some(end) => {
                let start = VirtAddr(entry.0 & !(COMMIT - 1));
                heap.large_blocks.push(AddressRange::new(start, end));
            }
            None => {
                let message = "a large block of a native heap is damaged";
                issues.push(Issue::in_memory(IssueKind::BadValue, entry, message));
            }
        }
    }
    // The list of heaps has its head in the default heap, where its first entry would be.
    let mut others = Issues::new();
    let neighbours = list::entries(link(0), space, &mut others);
    let neighbours = neighbours.iter().map(|link| link.wrapping_sub(link_offset)).collect();
    Ok(Some((heap, neighbours)))
}

/// What blocks hold, in bytes.
struct Contents {
    free: u64,
    /// By image.
    objects: Vec<u64>,
}

/// A stretch that blocks are cut from.
struct SubHeap {
    heap: VirtAddr,
    /// What is reserved for it.
    range: AddressRange,
    /// Its blocks, as far as they are committed.
    blocks: AddressRange,
}

impl SubHeap {
    /// Reads the record around its link: two sizes, the link, the heap; then the first block.
    fn read(entry: VirtAddr, space: &AddressSpace<'_>) -> Option<SubHeap> {
        let width = space.target().pointer_bytes();
        let reserved = word(space, entry.wrapping_sub(2 * width))?;
        let committed = word(space, entry.wrapping_sub(width))?;
        let heap = VirtAddr(word(space, entry.wrapping_add(2 * width))?);
        let first = entry.wrapping_add(3 * width);
        let base = VirtAddr(entry.0 & !(COMMIT - 1));
        let end = first.checked_add(reserved)?;
        let committed_end = first.checked_add(committed)?.min(end);
        Some(SubHeap {
            heap,
            range: AddressRange::new(base, end),
            blocks: AddressRange::new(first, committed_end),
        })
    }

    /// Steps from block to block and adds up what they hold.
    fn walk(
        &self,
        snapshot: &Snapshot<'_>,
        images: &Images<'_>,
        contents: &mut Contents,
        issues: &mut Issues,
        control: &Control<'_>,
    ) -> Result<(), Interrupted> {
        let unit = 2 * snapshot.target.pointer_bytes();
        let mut cursor = snapshot.space.cursor();
        let (mut at, mut steps) = (self.blocks.start, 0u64);
        while at < self.blocks.end {
            steps += 1;
            if steps.is_multiple_of(CHECK_EVERY) {
                control.check()?;
            }
            let header = cursor.slice(at, 8).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
            let Some([low, high, flags, upper, _, _, kind @ ..]) = header else { break };
            let is_free = flags & FREE != 0;
            // Of a free block, the byte that else counts unused bytes extends the size.
            let upper = if is_free { upper } else { 0 };
            let bytes = u64::from(u32::from_le_bytes([low, high, upper, 0])) * unit;
            if bytes == 0 || !TYPES.contains(&kind) {
                let message = "no block of a native heap begins here";
                issues.push(Issue::in_memory(IssueKind::BadValue, at, message));
                break;
            }
            let next = VirtAddr(at.0.saturating_add(bytes));
            let committed = AddressRange::new(at, next.min(self.blocks.end)).len();
            if is_free {
                contents.free += committed;
            } else if let Some(first) = cursor.read_pointer(at.wrapping_add(8))
                && let Some(image) = images.position(first)
                && let Some(sum) = contents.objects.get_mut(image)
            {
                *sum += committed;
            }
            at = next;
        }
        Ok(())
    }
}
