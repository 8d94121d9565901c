//! Gathers the roots of a heap.

mod stacks;
mod statics;
mod thread_handles;

use clrscope_graph::{Ephemeron, NodeSet, ObjectId, ObjectMap};
use clrscope_memory::{Control, Interrupted, Issues, VirtAddr};

use super::{GraphOptions, Root, RootKind};
use crate::heap::{HeapObjects, SegmentKind};
use crate::roots::Handle;
use crate::thread::{RuntimeThread, runtime_threads};

/// The roots, the object that each keeps alive, and what else the graph is made of.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) roots: Vec<Root>,
    pub(super) targets: Vec<ObjectId>,
    /// The pairs of dependent handles.
    pub(super) ephemerons: Vec<Ephemeron>,
    /// The arrays behind statics. Their elements are roots, so their references do not count: what a
    /// field alone holds would otherwise be held by the array, too.
    pub(super) arrays: NodeSet,
}

/// What roots are looked for in.
struct Heap<'a, 'data> {
    objects: &'a HeapObjects<'data>,
    map: &'a ObjectMap,
}

impl Heap<'_, '_> {
    /// The object that `address` points at or into.
    fn containing(&self, address: VirtAddr) -> Option<(ObjectId, VirtAddr)> {
        self.objects.containing(self.map, address)
    }
}

impl Found {
    /// Adds a root if it refers to the start of an object.
    fn add(&mut self, map: &ObjectMap, kind: RootKind, address: VirtAddr, value: VirtAddr) {
        if let Some(target) = map.id(value.0) {
            self.push(Root { kind, address, value }, target);
        }
    }

    fn push(&mut self, root: Root, target: ObjectId) {
        self.roots.push(root);
        self.targets.push(target);
    }
}

/// Gathers them, those that say most first, and what only may be one last.
pub(super) fn find(
    objects: &HeapObjects<'_>,
    map: &ObjectMap,
    options: &GraphOptions,
    control: &Control<'_>,
    issues: &mut Issues,
) -> Result<Found, Interrupted> {
    let heap = Heap { objects, map };
    let mut found = Found {
        roots: Vec::new(),
        targets: Vec::new(),
        ephemerons: Vec::new(),
        arrays: NodeSet::new(map.len()),
    };
    let threads = threads(objects, issues);
    let elements = statics::find(&heap, &threads, &mut found, control, issues)?;
    let conservative = match options.stacks {
        true => stacks::find(&heap, &threads, &mut found, control, issues)?,
        false => Vec::new(),
    };
    handles(&heap, &threads, &mut found, issues);
    finalizer_queues(&heap, &mut found, issues);
    let (conservative, stale): (Vec<_>, Vec<_>) =
        conservative.into_iter().partition(|(root, _)| root.kind.holds());
    for (root, target) in elements.into_iter().chain(conservative) {
        found.push(root, target);
    }
    frozen(&heap, &mut found);
    for (root, target) in stale {
        found.push(root, target);
    }
    Ok(found)
}

/// Adds what is never collected.
fn frozen(heap: &Heap<'_, '_>, found: &mut Found) {
    let segments = heap.objects.heap().segments().iter();
    for segment in segments.filter(|segment| segment.kind == SegmentKind::Frozen) {
        let ids = heap.map.ids_in(segment.objects.start.0..segment.objects.end.0);
        for (target, address) in heap.map.iter_ids(ids) {
            let address = VirtAddr(address);
            found.push(Root { kind: RootKind::Frozen, address, value: address }, target);
        }
    }
}

fn threads(objects: &HeapObjects<'_>, issues: &mut Issues) -> Vec<RuntimeThread> {
    match runtime_threads(objects.heap().runtime()) {
        Ok(threads) => threads.take(issues),
        Err(missing) => {
            issues.push(stacks::not_searched(&missing));
            Vec::new()
        }
    }
}

fn handles(heap: &Heap<'_, '_>, threads: &[RuntimeThread], found: &mut Found, issues: &mut Issues) {
    let map = heap.map;
    let handles = heap.objects.heap().handles().take(issues);
    let owners = thread_handles::find(heap, threads, &handles);
    for handle in handles {
        let Handle { address, kind, object, .. } = handle;
        if kind.is_root() {
            let is_array = map.id(object.0).is_some_and(|id| found.arrays.contains(id));
            let kind = match owners.get(&address) {
                Some(&(thread, holds)) => RootKind::ThreadHandle { thread, holds },
                None if is_array => RootKind::StaticsArray(kind),
                None => RootKind::Handle(kind),
            };
            found.add(map, kind, address, object);
        }
        if let Some(value) = handle.dependent.and_then(|value| map.id(value.0))
            && let Some(key) = map.id(object.0)
        {
            found.ephemerons.push(Ephemeron { key, value });
        }
    }
}

fn finalizer_queues(heap: &Heap<'_, '_>, found: &mut Found, issues: &mut Issues) {
    let heaps = heap.objects.heap();
    for queue in heaps.finalizer_queues().take(issues) {
        for (slot, object) in queue.ready_objects(heaps.space()) {
            let critical = queue.critical.contains(&slot);
            found.add(heap.map, RootKind::FinalizerQueue { critical }, slot, object);
        }
    }
}
