//! The objects that addresses point at or into.

use clrscope_clr::HeapObjects;
use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

/// The objects that some addresses point at or into, found in one walk over the segments that the
/// addresses lie in: memory is taken by addresses, not by objects.
#[derive(Debug, Default)]
pub(crate) struct ObjectLookup {
    objects: FxHashMap<VirtAddr, VirtAddr>,
}

impl ObjectLookup {
    /// Looks up `addresses`, in any order and as often as they come.
    pub(crate) fn new(heap: &HeapObjects<'_>, mut addresses: Vec<VirtAddr>) -> ObjectLookup {
        addresses.sort_unstable();
        addresses.dedup();
        let mut objects = FxHashMap::default();
        for (index, segment) in heap.heap().segments().iter().enumerate() {
            let first = addresses.partition_point(|&address| address < segment.objects.start);
            let last = addresses.partition_point(|&address| address < segment.objects.end);
            let mut wanted = addresses.get(first..last).unwrap_or_default();
            if wanted.is_empty() {
                continue;
            }
            for object in heap.iter_segment(index) {
                let Some(&next) = wanted.first() else { break };
                let end = object.address.wrapping_add(object.size);
                if end <= next {
                    continue;
                }
                let inside = wanted.partition_point(|&address| address < end);
                let (these, others) = wanted.split_at(inside);
                wanted = others;
                if heap.types().get(object.ty).is_none_or(|info| info.is_free) {
                    continue;
                }
                // Addresses before the object are in damage that the walk stepped over.
                let these = these.iter().filter(|&&address| address >= object.address);
                objects.extend(these.map(|&address| (address, object.address)));
            }
        }
        ObjectLookup { objects }
    }

    /// The object that one of the addresses points at or into.
    pub(crate) fn containing(&self, address: VirtAddr) -> Option<VirtAddr> {
        self.objects.get(&address).copied()
    }
}
