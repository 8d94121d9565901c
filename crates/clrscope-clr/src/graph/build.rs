//! Objects, references and sizes of a heap as integers.

use std::ops::Range;

use clrscope_graph::{Emit, Granule, Graph, GraphError, ObjectId, ObjectMap, RangeBits};
use clrscope_memory::{Control, Interrupted, PointerWidth, VirtAddr};

use super::Sizes;
use super::roots::Found;
use crate::heap::{HeapObjects, Object, TypeId};

/// Numbers all objects that are not free.
pub(super) fn map(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<ObjectMap, GraphError> {
    let granule = match objects.heap().method_tables().pointer_width() {
        PointerWidth::Four => Granule::Four,
        PointerWidth::Eight => Granule::Eight,
    };
    let live = Live::new(objects);
    let ranges = objects.fold(
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

/// Lists the references of all objects. What refers to no object (a torn reference of a dump that was
/// taken while threads ran) is left out.
pub(super) fn graph(
    objects: &HeapObjects<'_>,
    map: &ObjectMap,
    found: &Found,
    control: &Control<'_>,
) -> Result<Graph, GraphError> {
    let live = Live::new(objects);
    let list = |ids: Range<u32>, emit: &mut Emit<'_>| {
        visit(objects, map, &live, ids, |id, object, bytes| {
            if found.arrays.contains(id) {
                return;
            }
            objects.references_of(object, bytes, |_, target| {
                if let Some(target) = map.id(target.0) {
                    emit(id, target);
                }
            });
        });
    };
    Graph::build(map.len(), list, &found.ephemerons, control)
}

/// The object that `address` points at or into, and where it begins.
pub(super) fn containing(
    objects: &HeapObjects<'_>,
    map: &ObjectMap,
    address: VirtAddr,
) -> Option<(ObjectId, VirtAddr)> {
    let (id, start) = map.containing(address.0)?;
    let start = VirtAddr(start);
    if address == start {
        return Some((id, start));
    }
    let object = objects.object_at(start)?;
    (address.0 - start.0 < object.size).then_some((id, start))
}

/// The raw size of each object.
pub(super) fn sizes(
    objects: &HeapObjects<'_>,
    map: &ObjectMap,
    control: &Control<'_>,
) -> Result<Sizes, Interrupted> {
    control.reserve(u64::from(map.len()) * 4)?;
    let live = Live::new(objects);
    let parts = objects.fold(
        control,
        |_| (Vec::new(), Vec::new()),
        |(small, large): &mut (Vec<u32>, Vec<(u32, u64)>), object, _| {
            if !live.is_object(object) {
                return;
            }
            small.push(u32::try_from(object.size).unwrap_or_else(|_| {
                large.push((small.len() as u32, object.size));
                u32::MAX
            }));
        },
    )?;
    let mut sizes = Sizes { small: Vec::with_capacity(map.len() as usize), large: Vec::new() };
    for (small, large) in parts {
        let first = sizes.small.len() as u32;
        sizes.large.extend(large.into_iter().map(|(index, size)| (first + index, size)));
        sizes.small.extend(small);
    }
    Ok(sizes)
}

/// Tells objects from free space.
struct Live {
    free: Vec<bool>,
}

impl Live {
    fn new(objects: &HeapObjects<'_>) -> Live {
        Live { free: objects.types().iter().map(|(_, info)| info.is_free).collect() }
    }

    #[inline]
    fn is_object(&self, object: &Object) -> bool {
        let TypeId(id) = object.ty;
        self.free.get(id as usize) == Some(&false)
    }
}

/// Visits the objects with the numbers `ids`, in order.
fn visit<'data>(
    objects: &HeapObjects<'data>,
    map: &ObjectMap,
    live: &Live,
    ids: Range<u32>,
    mut visit: impl FnMut(ObjectId, &Object, &'data [u8]),
) {
    let Some(start) = map.address(ObjectId(ids.start)) else { return };
    let segments = objects.heap().segments();
    let first = segments.partition_point(|segment| segment.objects.end.0 <= start);
    let mut id = ids.start;
    for (index, segment) in segments.iter().enumerate().skip(first) {
        let from = segment.objects.start.max(VirtAddr(start));
        let mut walk = objects.walk_from(index, from);
        while id < ids.end {
            let Some((object, bytes)) = walk.next() else { break };
            if live.is_object(&object) {
                visit(ObjectId(id), &object, bytes);
                id += 1;
            }
        }
        if id == ids.end {
            return;
        }
    }
}
