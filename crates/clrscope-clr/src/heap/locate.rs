//! What is at an address of the heap, and beside it.

use clrscope_memory::VirtAddr;

use super::objects::HeapObjects;
use super::segment::Segment;
use super::walk::Object;

/// What is at an address of a segment, and beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbourhood<'h> {
    /// The segment that has the address.
    pub segment: &'h Segment,
    /// The last object that ends at or before the address; free ones count.
    pub before: Option<Object>,
    /// The object that begins at the address or has it inside; free ones count. `None` where nothing
    /// was allocated, or where the heap is damaged.
    pub at: Option<Object>,
    /// The first object that begins behind the address; free ones count.
    pub after: Option<Object>,
}

impl<'data> HeapObjects<'data> {
    /// What is at an address, and beside it. `None` if no segment has objects there.
    pub fn neighbourhood(&self, address: VirtAddr) -> Option<Neighbourhood<'_>> {
        let segments = self.heap().segments();
        let index = segments.iter().position(|segment| segment.objects.contains(address))?;
        let mut found =
            Neighbourhood { segment: &segments[index], before: None, at: None, after: None };
        // The object before the first of a stretch is the last of the stretch before.
        let mut starts = [segments[index].objects.start; 2];
        let stretches = self.stretches().filter(|stretch| stretch.segment == index);
        for stretch in stretches.take_while(|stretch| stretch.range.start <= address) {
            starts = [starts[1], stretch.range.start];
        }
        for (object, _) in self.walk_from(index, starts[0]) {
            if object.address > address {
                found.after = Some(object);
                break;
            }
            if address.0 - object.address.0 < object.aligned_size {
                found.at = Some(object);
            } else {
                found.before = Some(object);
            }
        }
        Some(found)
    }

    /// Whether an object is a gap, not a living or dead object.
    pub fn is_free(&self, object: &Object) -> bool {
        self.types().get(object.ty).is_some_and(|info| info.is_free)
    }
}
