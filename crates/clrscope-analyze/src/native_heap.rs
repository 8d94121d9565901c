//! Heaps of the operating system: what `HeapAlloc`, `LocalAlloc`, `malloc` and `new` draw on.
//!
//! Three kinds are known, each by its own signature: the NT heap, the segment heap of Windows 10, and the
//! heap of Wine. A heap is found through the process's environment block and, on Wine, through the
//! list that links the heaps. Structures that are damaged end the reading of one heap, with an issue.

mod list;
mod nt;
mod segment;
mod wine;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use clrscope_clr::AddressRange;
use clrscope_memory::{
    AddressSpace, Control, Interrupted, Issue, IssueKind, Issues, ModuleRecord, RegionState,
    RegionType, Snapshot, VirtAddr,
};

/// Which allocator a heap belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NativeHeapKind {
    /// The NT heap, with the low-fragmentation heap in its segments.
    Nt,
    /// The segment heap of Windows 10 and later.
    Segment,
    /// The heap of Wine.
    Wine,
}

impl NativeHeapKind {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            NativeHeapKind::Nt => "nt",
            NativeHeapKind::Segment => "segment",
            NativeHeapKind::Wine => "wine",
        }
    }
}

/// A heap of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeHeap {
    /// Its address, which is also its handle.
    pub address: VirtAddr,
    /// Which allocator it belongs to.
    pub kind: NativeHeapKind,
    /// Stretches that small blocks are cut from: reserved, committed in part.
    pub segments: Vec<AddressRange>,
    /// Blocks that are allocations of their own.
    pub large_blocks: Vec<AddressRange>,
    /// Committed bytes of free blocks in the segments, as far as the heap says cheaply. Blocks that a
    /// front end keeps count as in use.
    pub free: u64,
    /// Bytes of blocks in use that begin with a pointer into an image, most often to a virtual table:
    /// objects of its code. By the file name of the image.
    pub objects: BTreeMap<String, u64>,
}

/// Heaps of one process at most.
const MAX_HEAPS: usize = 4_096;

/// `PEB`: `ProcessHeap`, `NumberOfHeaps`, `ProcessHeaps` (winternl.h, and ntdll's public symbols).
struct PebOffsets {
    peb_in_teb: u64,
    default_heap: u64,
    heap_count: u64,
    heaps: u64,
}

const fn peb_offsets(is_wide: bool) -> PebOffsets {
    if is_wide {
        PebOffsets { peb_in_teb: 0x60, default_heap: 0x30, heap_count: 0xe8, heaps: 0xf0 }
    } else {
        PebOffsets { peb_in_teb: 0x30, default_heap: 0x18, heap_count: 0x88, heaps: 0x90 }
    }
}

/// The environment blocks of the process: one, unless a thread's block is damaged.
pub(crate) fn process_blocks(snapshot: &Snapshot<'_>) -> Vec<VirtAddr> {
    let at = peb_offsets(snapshot.target.pointer_bytes() == 8).peb_in_teb;
    let tebs = snapshot.threads.iter().map(|thread| thread.teb).filter(|teb| !teb.is_null());
    let pebs = tebs.filter_map(|teb| snapshot.space.read_pointer(teb.wrapping_add(at)));
    let distinct: BTreeSet<VirtAddr> = pebs.filter(|peb| !peb.is_null()).collect();
    distinct.into_iter().collect()
}

/// Finds the heaps of the operating system, in order of address. What was wrong is added to `issues`.
///
/// # Errors
/// If `control` stops it.
pub fn native_heaps(
    snapshot: &Snapshot<'_>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<Vec<NativeHeap>, Interrupted> {
    let space = &snapshot.space;
    let width = snapshot.target.pointer_bytes();
    let at = peb_offsets(width == 8);
    let mut waiting: VecDeque<VirtAddr> = VecDeque::new();
    for peb in process_blocks(snapshot) {
        waiting.extend(space.read_pointer(peb.wrapping_add(at.default_heap)));
        let count = space.read_u32(peb.wrapping_add(at.heap_count)).unwrap_or(0);
        let Some(table) = space.read_pointer(peb.wrapping_add(at.heaps)) else { continue };
        let listed = (0..u64::from(count).min(MAX_HEAPS as u64))
            .map_while(|index| space.read_pointer(table.wrapping_add(index * width)));
        waiting.extend(listed);
    }
    let images = Images::new(snapshot);
    let mut seen: BTreeSet<VirtAddr> = BTreeSet::new();
    let mut heaps = Vec::new();
    while let Some(address) = waiting.pop_front() {
        control.check()?;
        if address.is_null() || seen.len() >= MAX_HEAPS || !seen.insert(address) {
            continue;
        }
        if let Some((heap, neighbours)) = wine::read(address, snapshot, &images, issues, control)? {
            waiting.extend(neighbours);
            heaps.push(heap);
        } else if let Some(heap) = nt::read(address, space, issues) {
            heaps.push(heap);
        } else if let Some(heap) = segment::read(address, snapshot) {
            heaps.push(heap);
        } else if space.contains(address) {
            let message = "no heap is known that begins like this";
            issues.push(Issue::in_memory(IssueKind::Unsupported, address, message));
        }
    }
    heaps.sort_by_key(|heap| heap.address);
    Ok(heaps)
}

/// The images of a process, in order of address.
struct Images<'a>(Vec<&'a ModuleRecord>);

impl<'a> Images<'a> {
    fn new(snapshot: &'a Snapshot<'_>) -> Images<'a> {
        let mut images: Vec<&ModuleRecord> = snapshot.modules.iter().collect();
        images.sort_by_key(|image| image.base);
        Images(images)
    }

    /// The place of the image that an address lies in.
    fn position(&self, address: VirtAddr) -> Option<usize> {
        let index = self.0.partition_point(|image| image.base <= address).checked_sub(1)?;
        self.0.get(index)?.contains(address).then_some(index)
    }

    /// Bytes by position, as bytes by file name.
    fn by_name(&self, bytes: &[u64]) -> BTreeMap<String, u64> {
        let mut named: BTreeMap<String, u64> = BTreeMap::new();
        for (image, &bytes) in self.0.iter().zip(bytes).filter(|&(_, &bytes)| bytes > 0) {
            *named.entry(image.file_name().to_owned()).or_default() += bytes;
        }
        named
    }
}

/// Whether an allocation of private memory begins at an address.
fn begins_private(snapshot: &Snapshot<'_>, address: VirtAddr) -> bool {
    snapshot.region_at(address).is_some_and(|region| {
        region.kind == RegionType::Private
            && region.state != RegionState::Free
            && region.allocation_base == address
    })
}

/// A word of the width of a pointer.
fn word(space: &AddressSpace<'_>, address: VirtAddr) -> Option<u64> {
    space.read_pointer(address).map(|word| word.0)
}
