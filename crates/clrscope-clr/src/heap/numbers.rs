//! The objects of a heap by number: the order of their addresses, free space left out.

use clrscope_graph::{Granule, GraphError, ObjectId, ObjectMap, RangeBits};
use clrscope_memory::{Control, PointerWidth, VirtAddr};

use super::objects::HeapObjects;
use super::types::TypeId;
use super::walk::Object;

impl HeapObjects<'_> {
    /// Numbers all objects that are not free.
    pub(crate) fn numbers(&self, control: &Control<'_>) -> Result<ObjectMap, GraphError> {
        let granule = match self.heap().method_tables().pointer_width() {
            PointerWidth::Four => Granule::Four,
            PointerWidth::Eight => Granule::Eight,
        };
        let live = Live::new(self);
        let ranges = self.fold(
            control,
            |stretch| RangeBits::new(stretch.range.start.0, stretch.range.end.0, granule),
            |bits, object, _| {
                if live.is_object(object) {
                    bits.mark(object.address.0);
                }
            },
        )?;
        ObjectMap::from_ranges(ranges, control)
    }

    /// The object that `address` points at or into, by its number, and where it begins.
    pub(crate) fn containing(
        &self,
        numbers: &ObjectMap,
        address: VirtAddr,
    ) -> Option<(ObjectId, VirtAddr)> {
        let (id, start) = numbers.containing(address.0)?;
        let start = VirtAddr(start);
        if address == start {
            return Some((id, start));
        }
        let object = self.object_at(start)?;
        (address.0 - start.0 < object.size).then_some((id, start))
    }
}

/// Tells objects from free space.
pub(crate) struct Live {
    free: Vec<bool>,
}

impl Live {
    pub(crate) fn new(objects: &HeapObjects<'_>) -> Live {
        Live { free: objects.types().iter().map(|(_, info)| info.is_free).collect() }
    }

    #[inline]
    pub(crate) fn is_object(&self, object: &Object) -> bool {
        let TypeId(id) = object.ty;
        self.free.get(id as usize) == Some(&false)
    }
}
