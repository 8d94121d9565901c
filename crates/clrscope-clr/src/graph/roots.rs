//! Gathers the roots of a heap.

use clrscope_graph::{Ephemeron, ObjectId, ObjectMap};
use clrscope_memory::{Issues, VirtAddr};

use super::{Root, RootKind};
use crate::heap::HeapObjects;

/// The roots, the object that each keeps alive, and the pairs of dependent handles.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) roots: Vec<Root>,
    pub(super) targets: Vec<ObjectId>,
    pub(super) ephemerons: Vec<Ephemeron>,
}

impl Found {
    /// Adds a root if it refers to the start of an object.
    fn add(&mut self, map: &ObjectMap, kind: RootKind, address: VirtAddr, value: VirtAddr) {
        if let Some(target) = map.id(value.0) {
            self.roots.push(Root { kind, address, value });
            self.targets.push(target);
        }
    }
}

/// Gathers them, those that say most first.
pub(super) fn find(objects: &HeapObjects<'_>, map: &ObjectMap, issues: &mut Issues) -> Found {
    let mut found = Found::default();
    handles(objects, map, &mut found, issues);
    finalizer_queues(objects, map, &mut found, issues);
    found
}

fn handles(objects: &HeapObjects<'_>, map: &ObjectMap, found: &mut Found, issues: &mut Issues) {
    for handle in objects.heap().handles().take(issues) {
        if handle.kind.is_root() {
            found.add(map, RootKind::Handle(handle.kind), handle.address, handle.object);
        }
        if let Some(value) = handle.dependent.and_then(|value| map.id(value.0))
            && let Some(key) = map.id(handle.object.0)
        {
            found.ephemerons.push(Ephemeron { key, value });
        }
    }
}

fn finalizer_queues(
    objects: &HeapObjects<'_>,
    map: &ObjectMap,
    found: &mut Found,
    issues: &mut Issues,
) {
    let heap = objects.heap();
    for queue in heap.finalizer_queues().take(issues) {
        for (slot, object) in queue.ready_objects(heap.space()) {
            let critical = queue.critical.contains(&slot);
            found.add(map, RootKind::FinalizerQueue { critical }, slot, object);
        }
    }
}
