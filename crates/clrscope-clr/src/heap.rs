//! The garbage-collected heaps of a runtime: segments and regions, generations, allocation contexts,
//! and the objects in them.

mod context;
mod gc_memory;
mod loader_allocator;
mod locate;
mod numbers;
mod objects;
mod read;
mod roots;
mod segment;
mod survey;
mod types;
mod verify;
mod walk;

use std::fmt;
use std::sync::Arc;

use clrscope_memory::{AddressSpace, Issues, VirtAddr};

use crate::layout::MissingField;
use crate::method_table::MethodTableReader;
use crate::runtime::Runtime;

pub use self::context::{AllocationContext, ContextOwner};
pub use self::gc_memory::{GcMemory, GcMemoryKind};
pub(crate) use self::loader_allocator::Finder as LoaderAllocators;
pub use self::locate::Neighbourhood;
pub(crate) use self::numbers::Live;
pub use self::objects::{HeapObjects, Stretch};
pub use self::segment::{Segment, SegmentKind};
pub use self::types::{MethodTableInfo, TypeId, TypeStats, TypeTable};
pub use self::verify::{Fault, FaultKind, Verification};
pub use self::walk::{Damage, DamageKind, Object};

/// Why a heap cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeapError {
    /// No layer knows a field that is needed.
    #[error(transparent)]
    Layout(#[from] MissingField),
    /// The GC's variables were not found, or are not in the capture.
    #[error("the variables of the garbage collector are not in the capture")]
    NoGcVariables,
    /// The heap's own structures are not in the capture.
    #[error("the capture does not hold the heap of the runtime")]
    NoHeapMemory,
}

/// One heap: a workstation GC has one, a server GC one for each processor it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcHeap {
    /// Its number.
    pub index: u32,
    /// Address of its `gc_heap`; null for a workstation GC, whose heap is a set of globals.
    pub address: VirtAddr,
    /// Address of its finalizer queue.
    pub finalize_queue: Option<VirtAddr>,
    /// Where each generation's allocations start, youngest first; empty if the heap has regions.
    pub generation_starts: Vec<VirtAddr>,
}

/// The managed heap of a runtime. Cloning is cheap.
#[derive(Clone)]
pub struct Heap<'data> {
    inner: Arc<Inner<'data>>,
}

struct Inner<'data> {
    runtime: Runtime<'data>,
    method_tables: MethodTableReader<'data>,
    is_server: bool,
    has_regions: bool,
    generation_count: u32,
    heaps: Vec<GcHeap>,
    segments: Vec<Segment>,
    contexts: Vec<AllocationContext>,
    issues: Issues,
}

impl<'data> Runtime<'data> {
    /// Reads the heap's own structures: quick, no object is looked at.
    ///
    /// # Errors
    /// If the layout lacks a field that is needed, or the capture lacks the structures.
    pub fn heap(&self) -> Result<Heap<'data>, HeapError> {
        read::read_heap(self).map(|inner| Heap { inner: Arc::new(inner) })
    }
}

impl<'data> Heap<'data> {
    /// The runtime whose heap it is.
    pub fn runtime(&self) -> &Runtime<'data> {
        &self.inner.runtime
    }

    /// A reader for the method tables of its objects.
    pub fn method_tables(&self) -> &MethodTableReader<'data> {
        &self.inner.method_tables
    }

    /// Whether it belongs to a server GC.
    pub fn is_server(&self) -> bool {
        self.inner.is_server
    }

    /// Whether it is made of regions (.NET 7 and later), each of one generation, rather than
    /// segments, of which one holds the young generations.
    pub fn has_regions(&self) -> bool {
        self.inner.has_regions
    }

    /// How many generations there are, the large-object (3) and the pinned-object (4) one counted.
    pub fn generation_count(&self) -> u32 {
        self.inner.generation_count
    }

    /// The heaps.
    pub fn heaps(&self) -> &[GcHeap] {
        &self.inner.heaps
    }

    /// The segments and regions, in order of address. No two overlap.
    pub fn segments(&self) -> &[Segment] {
        &self.inner.segments
    }

    /// The segment whose objects include `address`.
    pub fn segment_at(&self, address: VirtAddr) -> Option<&Segment> {
        self.segments().get(self.segment_index(address)?)
    }

    /// The place in [`Heap::segments`] of the segment whose objects include `address`.
    fn segment_index(&self, address: VirtAddr) -> Option<usize> {
        let segments = self.segments();
        let index = segments.partition_point(|segment| segment.objects.end <= address);
        segments.get(index).is_some_and(|segment| segment.objects.start <= address).then_some(index)
    }

    /// The stretches that threads and generations have set aside for their next objects.
    pub fn allocation_contexts(&self) -> &[AllocationContext] {
        &self.inner.contexts
    }

    /// What objects of a segment are aligned to, in bytes.
    pub fn alignment_of(&self, segment: &Segment) -> u64 {
        if segment.kind.aligns_to_eight() {
            8
        } else {
            self.method_tables().pointer_width().bytes()
        }
    }

    /// The memory that it is in.
    pub fn space(&self) -> &AddressSpace<'data> {
        &self.inner.runtime.snapshot().space
    }

    /// What was wrong while it was read.
    pub fn issues(&self) -> &Issues {
        &self.inner.issues
    }
}

impl fmt::Debug for Heap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Heap")
            .field("is_server", &self.is_server())
            .field("has_regions", &self.has_regions())
            .field("heaps", &self.heaps().len())
            .field("segments", &self.segments().len())
            .finish_non_exhaustive()
    }
}
