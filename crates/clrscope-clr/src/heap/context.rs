//! Allocation contexts: memory handed out in advance, in which there are no objects yet.

use clrscope_memory::{Issue, IssueKind, Issues, VirtAddr};

use crate::layout::Layout;
use crate::runtime::Runtime;
use crate::thread::thread_addresses;

/// Who an allocation context belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ContextOwner {
    /// The thread whose runtime structure is here.
    Thread(VirtAddr),
    /// A generation of a heap.
    Generation {
        /// Number of the heap.
        heap: u32,
        /// Number of the generation.
        generation: u32,
    },
}

/// A stretch of a segment that is set aside for the next objects of a thread: the objects before it
/// end at `pointer`, those behind it begin one smallest object after `limit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AllocationContext {
    /// Where the next object will be.
    pub pointer: VirtAddr,
    /// How far objects may go.
    pub limit: VirtAddr,
    /// Whose it is.
    pub owner: ContextOwner,
}

impl AllocationContext {
    /// The context whose record is at `address`; `None` if it is unused or absent.
    pub(super) fn read(
        runtime: &Runtime<'_>,
        address: VirtAddr,
        owner: ContextOwner,
    ) -> Option<AllocationContext> {
        let layout = runtime.layout();
        let space = &runtime.snapshot().space;
        let field =
            |name| space.read_pointer(address.wrapping_add(layout.offset("GCAllocContext", name)?));
        let (pointer, limit) = (field("Pointer")?, field("Limit")?);
        (!pointer.is_null() && pointer <= limit).then_some(AllocationContext {
            pointer,
            limit,
            owner,
        })
    }
}

/// The contexts of all threads.
pub(super) fn of_threads(runtime: &Runtime<'_>, issues: &mut Issues) -> Vec<AllocationContext> {
    let Some(place) = Place::of(runtime.layout()) else { return Vec::new() };
    let Ok(threads) = thread_addresses(runtime) else { return Vec::new() };
    // A record that is none has no context. If it stood for a thread that has one, the walk finds damage.
    let is_of_walk = |issue: &&Issue| issue.kind != IssueKind::BadValue;
    issues.extend(threads.issues.iter().filter(is_of_walk).cloned());
    threads
        .value
        .into_iter()
        .filter_map(|thread| {
            let address = place.of_thread(runtime, thread)?;
            AllocationContext::read(runtime, address, ContextOwner::Thread(thread))
        })
        .collect()
}

/// Where a thread's context is.
enum Place {
    /// In the `Thread` itself, up to .NET 8.
    Inline(u64),
    /// In its thread-local block, from .NET 9 on: field of the thread, then offset in the block.
    Block(u64, u64),
}

impl Place {
    fn of(layout: &Layout) -> Option<Place> {
        if let Some(offset) = layout.offset("Thread", "AllocContext") {
            return Some(Place::Inline(offset));
        }
        let block = layout.offset("Thread", "RuntimeThreadLocals")?;
        let context = layout.offset("RuntimeThreadLocals", "AllocContext")?;
        // From .NET 10 on, the GC's context is a part of the runtime's.
        let inner = layout.offset("EEAllocContext", "GCAllocationContext").unwrap_or(0);
        Some(Place::Block(block, context.wrapping_add(inner)))
    }

    fn of_thread(&self, runtime: &Runtime<'_>, thread: VirtAddr) -> Option<VirtAddr> {
        match *self {
            Place::Inline(offset) => Some(thread.wrapping_add(offset)),
            Place::Block(field, offset) => {
                let block = runtime.snapshot().space.follow(thread.wrapping_add(field))?;
                Some(block.wrapping_add(offset))
            }
        }
    }
}
