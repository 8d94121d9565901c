//! The segment heap of Windows 10 and later. Its fields moved with nearly every version, so what it
//! owns is recognised by shape: lists in its header that link the starts of private allocations, which
//! are its segments, and a tree whose nodes hold such starts, which are its large blocks (M. V. Yason,
//! "Windows 10 Segment Heap Internals", 2016; the public symbols of ntdll).

use std::collections::{BTreeMap, BTreeSet};

use clrscope_clr::AddressRange;
use clrscope_memory::{Issues, RegionRecord, Snapshot, VirtAddr};

use super::{NativeHeap, NativeHeapKind, begins_private, list, word};

/// `_SEGMENT_HEAP.Signature`.
const SIGNATURE: u32 = 0xddee_ddee;
/// Bytes of the header at most.
const HEADER: u64 = 0x1000;
/// Large blocks of one heap at most.
const MAX_NODES: usize = 1_000_000;
/// Addresses of allocations are multiples of this; the bits below hold other things.
const GRANULARITY: u64 = 0x1_0000;

/// Reads the heap at `address`; `None`, if what is there is no segment heap.
pub(super) fn read(address: VirtAddr, snapshot: &Snapshot<'_>) -> Option<NativeHeap> {
    let space = &snapshot.space;
    let width = space.target().pointer_bytes();
    if space.read_u32(address.wrapping_add(2 * width)) != Some(SIGNATURE) {
        return None;
    }
    let mut segments: BTreeSet<VirtAddr> = BTreeSet::from([address]);
    let mut large: BTreeSet<VirtAddr> = BTreeSet::new();
    for offset in (0..HEADER).step_by(width as usize) {
        let field = address.wrapping_add(offset);
        let Some(value) = word(space, field).map(VirtAddr) else { break };
        if begins_private(snapshot, value) {
            let linked = list::entries(field, space, &mut Issues::new());
            segments.extend(linked.into_iter().filter(|&entry| begins_private(snapshot, entry)));
        } else if is_node(value, snapshot, VirtAddr::NULL) {
            collect(value, snapshot, &mut large);
        }
    }
    let allocation = |&start: &VirtAddr| {
        let end = RegionRecord::of_allocation(&snapshot.regions, start)
            .last()
            .map_or(start.0, |last| last.base.0.saturating_add(last.size));
        AddressRange::new(start, VirtAddr(end))
    };
    Some(NativeHeap {
        address,
        kind: NativeHeapKind::Segment,
        segments: segments.iter().map(allocation).collect(),
        large_blocks: large.iter().map(allocation).collect(),
        free: 0,
        objects: BTreeMap::new(),
    })
}

/// Where the large block of a node begins.
fn block_of(node: VirtAddr, snapshot: &Snapshot<'_>) -> Option<VirtAddr> {
    let width = snapshot.target.pointer_bytes();
    let block = word(&snapshot.space, node.wrapping_add(3 * width))?;
    let block = VirtAddr(block & !(GRANULARITY - 1));
    begins_private(snapshot, block).then_some(block)
}

/// Whether a node of a tree of large blocks is there, below `parent`. `RTL_BALANCED_NODE`: two children
/// and the parent, whose low bits hold the balance.
fn is_node(node: VirtAddr, snapshot: &Snapshot<'_>, parent: VirtAddr) -> bool {
    let width = snapshot.target.pointer_bytes();
    let above = word(&snapshot.space, node.wrapping_add(2 * width));
    !node.is_null()
        && above.is_some_and(|above| above & !3 == parent.0)
        && block_of(node, snapshot).is_some()
}

fn collect(root: VirtAddr, snapshot: &Snapshot<'_>, blocks: &mut BTreeSet<VirtAddr>) {
    let width = snapshot.target.pointer_bytes();
    let mut seen: BTreeSet<VirtAddr> = BTreeSet::from([root]);
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        blocks.extend(block_of(node, snapshot));
        for child in [node, node.wrapping_add(width)] {
            let Some(child) = word(&snapshot.space, child).map(VirtAddr) else { continue };
            if seen.len() < MAX_NODES && is_node(child, snapshot, node) && seen.insert(child) {
                waiting.push(child);
            }
        }
    }
}
