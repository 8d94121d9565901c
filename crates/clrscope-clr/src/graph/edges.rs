//! The references of a heap by the numbers of its objects.

use std::ops::Range;

use clrscope_graph::{Emit, Graph, GraphError, ObjectId, ObjectMap};
use clrscope_memory::{Control, VirtAddr};

use super::roots::Found;
use crate::heap::{HeapObjects, Live, Object};

/// Lists the references of all objects. What refers to no object (a torn reference of a dump that was
/// taken while threads ran) is left out.
pub(super) fn build(
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
