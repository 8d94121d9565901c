//! The finalizer queue: what is registered, what waits, what was suppressed.

use std::ops::Range;

use clrscope_clr::{FinalizerQueue, HeapGraph, HeapObjects, Object};
use clrscope_graph::{ObjectId, Search};
use clrscope_memory::{AddressSpace, Control, Grouped, Issue, IssueKind, Issues, VirtAddr};

use crate::alive::{JoinStopped, alive_without_queue, finished};

/// Objects that have a finalizer which has not run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finalization {
    /// The queues, one for each heap.
    pub queues: Vec<QueueCounts>,
    /// Registered objects, by heap and from the oldest generation. They wait for nothing: when they die,
    /// they become ready.
    pub registered: Vec<Object>,
    /// How many of those have asked that their finalizer does not run (`GC.SuppressFinalize`).
    pub suppressed: u64,
    /// Objects that are dead and whose finalizer is to run next, in the order of the queues.
    pub ready: Vec<ReadyObject>,
}

/// The queue of one heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCounts {
    /// Number of the heap.
    pub heap: u32,
    /// For each generation, from the youngest, where its registered objects are listed, and how many.
    pub generations: Vec<(Range<VirtAddr>, u64)>,
    /// The same for ready objects with a critical finalizer, which run last.
    pub critical: (Range<VirtAddr>, u64),
    /// The same for the other ready objects.
    pub ready: (Range<VirtAddr>, u64),
}

/// An object whose finalizer is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyObject {
    /// The object.
    pub object: Object,
    /// Whether its finalizer is critical.
    pub critical: bool,
}

/// The bit of an object's header, the four bytes before it, that is set when its finalizer is not to run
/// (`BIT_SBLK_FINALIZER_RUN`: dotnet/runtime, src/coreclr/vm/syncblk.h).
const SUPPRESSED: u32 = 0x4000_0000;

/// Reads the finalizer queues. What was wrong is added to `issues`.
pub fn finalization(objects: &HeapObjects<'_>, issues: &mut Issues) -> Finalization {
    let space = objects.heap().space();
    let mut found = Finalization::default();
    let mut strangers = 0u64;
    let mut object_at = |address: VirtAddr| {
        let object = objects.object_at(address);
        strangers += u64::from(object.is_none());
        object
    };
    for queue in objects.heap().finalizer_queues().take(issues) {
        for object in queue.registered_objects(space).filter_map(&mut object_at) {
            let header = space.read_u32(object.address.wrapping_sub(4));
            found.suppressed += u64::from(header.is_some_and(|header| header & SUPPRESSED != 0));
            found.registered.push(object);
        }
        for (slot, object) in queue.ready_objects(space) {
            let critical = queue.critical.contains(&slot);
            found.ready.extend(object_at(object).map(|object| ReadyObject { object, critical }));
        }
        found.queues.push(QueueCounts::of(&queue, space));
    }
    if strangers > 0 {
        issues.push(Issue::general(
            IssueKind::BadValue,
            format!("{} entries of the finalizer queue refer to no object", Grouped(strangers)),
        ));
    }
    found
}

impl Finalization {
    /// The registered objects that nothing keeps alive: they become ready when they are next collected.
    /// `None`, if the search did not come to its end.
    pub fn dead(&self, graph: &HeapGraph<'_>, search: &Search) -> Option<Vec<Object>> {
        let is_dead = |object: &&Object| {
            let id = graph.id(object.address);
            id.and_then(|id| search.reachable(id)) == Some(false)
        };
        search.complete().then(|| self.registered.iter().filter(is_dead).copied().collect())
    }
}

/// What the queue of ready objects costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptByQueue {
    /// Objects that are alive only because a finalizer is to run, those of the queue among them.
    pub objects: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// Finds what ready objects keep alive that nothing else does.
///
/// # Errors
/// If `control` stops it.
pub fn kept_by_queue(
    graph: &HeapGraph<'_>,
    control: &Control<'_>,
) -> Result<KeptByQueue, JoinStopped> {
    let all = finished(graph.search(control)?)?;
    let others = alive_without_queue(graph, control)?;
    let sizes = graph.sizes(control)?;
    let only = (0..graph.graph().nodes())
        .map(ObjectId)
        .filter(|&id| all.reachable(id) == Some(true) && others.reachable(id) != Some(true));
    let (objects, bytes) =
        only.fold((0, 0u64), |(count, bytes), id| (count + 1, bytes.saturating_add(sizes.of(id))));
    Ok(KeptByQueue { objects, bytes })
}

impl QueueCounts {
    fn of(queue: &FinalizerQueue, space: &AddressSpace<'_>) -> QueueCounts {
        let width = space.target().pointer_bytes();
        let count = |range: &Range<VirtAddr>| {
            (range.clone(), range.end.0.saturating_sub(range.start.0) / width)
        };
        QueueCounts {
            heap: queue.heap,
            generations: queue.registered.iter().map(count).collect(),
            critical: count(&queue.critical),
            ready: count(&queue.ready),
        }
    }
}
