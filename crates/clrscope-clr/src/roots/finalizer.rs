//! The finalizer queue: which objects have a finalizer to run, and which wait for it now.
//!
//! Each heap has a `CFinalize` (`gc/gcpriv.h`): an array of object references cut into segments by
//! fill pointers. First the registered objects by generation, oldest first; then the ready ones with a
//! critical finalizer; then the other ready ones.

use std::ops::Range;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, VirtAddr};

/// Counts of fill pointers to try if the number of generations is unknown: four generations and two
/// lists (until .NET Core 3.1), five and two (since .NET 5).
const FILL_POINTERS: [usize; 2] = [7, 6];

/// The finalizer queue of one heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalizerQueue {
    /// Index of the heap.
    pub heap: u32,
    /// Address of its `CFinalize`.
    pub address: VirtAddr,
    /// Where the registered objects of each generation are listed, by number of generation: addresses
    /// of references. Registered objects are not kept alive by it.
    pub registered: Vec<Range<VirtAddr>>,
    /// Where the ready objects with a critical finalizer are listed. They are kept alive.
    pub critical: Range<VirtAddr>,
    /// Where the other ready objects are listed. They are kept alive.
    pub ready: Range<VirtAddr>,
}

impl FinalizerQueue {
    /// Where its array begins.
    fn first(&self) -> VirtAddr {
        self.registered.last().map_or(VirtAddr::NULL, |range| range.start)
    }

    /// How much of its array is in the capture.
    pub(crate) fn captured_bytes(&self, space: &AddressSpace<'_>) -> u64 {
        let first = self.first();
        space.captured_bytes(first, self.ready.end.0.saturating_sub(first.0))
    }

    /// The objects that are registered for finalization, by generation from the oldest.
    pub fn registered_objects<'a>(
        &'a self,
        space: &'a AddressSpace<'_>,
    ) -> impl Iterator<Item = VirtAddr> + 'a {
        self.registered.iter().rev().flat_map(|range| references(space, range.clone())).map(|r| r.1)
    }

    /// The objects whose finalizers wait to run, critical ones first, each with the address of the
    /// reference that keeps it alive.
    pub fn ready_objects<'a>(
        &'a self,
        space: &'a AddressSpace<'_>,
    ) -> impl Iterator<Item = (VirtAddr, VirtAddr)> + 'a {
        let ranges = [self.critical.clone(), self.ready.clone()];
        ranges.into_iter().flat_map(|range| references(space, range))
    }
}

/// The non-null references in `range`: where each is, and what it refers to.
fn references<'a>(
    space: &'a AddressSpace<'_>,
    range: Range<VirtAddr>,
) -> impl Iterator<Item = (VirtAddr, VirtAddr)> + 'a {
    let width = space.target().pointer_bytes();
    let mut cursor = space.cursor();
    (range.start.0..range.end.0)
        .step_by(width as usize)
        .map_while(move |slot| {
            let slot = VirtAddr(slot);
            Some((slot, cursor.read_pointer(slot)?))
        })
        .filter(|(_, object)| !object.is_null())
}

/// Reads the `CFinalize` at `address`. `generations` is the number of generations if it is known
/// (four, or five with a pinned object heap).
pub(crate) fn read_finalizer_queue(
    space: &AddressSpace<'_>,
    heap: u32,
    address: VirtAddr,
    generations: Option<usize>,
) -> Parsed<Option<FinalizerQueue>> {
    let mut issues = Issues::new();
    let known = generations.map(|count| count + 2);
    let counts = known.into_iter().chain(FILL_POINTERS.into_iter().filter(|&n| Some(n) != known));
    let mut value = None;
    for count in counts {
        if let Some(queue) = with_fill_pointers(space, heap, address, count) {
            value = Some(queue);
            break;
        }
    }
    match &value {
        None => issues.push(Issue::in_memory(
            IssueKind::BadValue,
            address,
            format!("the finalizer queue of heap {heap} is not in the dump or damaged"),
        )),
        Some(queue) => {
            let first = queue.first();
            if queue.captured_bytes(space) < queue.ready.end.0 - first.0 {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    first,
                    format!("the finalizer queue of heap {heap} is not wholly in the dump"),
                ));
            }
        }
    }
    Parsed { value, issues }
}

/// `CFinalize { Object** m_FillPointers[count]; Object** m_Array; Object** m_EndArray; ... }`, taken only if
/// `m_Array <= m_FillPointers[0] <= ... <= m_EndArray`.
fn with_fill_pointers(
    space: &AddressSpace<'_>,
    heap: u32,
    address: VirtAddr,
    count: usize,
) -> Option<FinalizerQueue> {
    let width = space.target().pointer_bytes();
    let word = |index: usize| space.read_pointer(address.wrapping_add(index as u64 * width));
    let array = word(count)?;
    let end = word(count + 1)?;
    let mut bounds = vec![array];
    for index in 0..count {
        bounds.push(word(index)?);
    }
    let ordered = bounds.is_sorted() && *bounds.last()? <= end && !array.is_null();
    let aligned = bounds.iter().all(|bound| bound.is_aligned(width));
    if !ordered || !aligned {
        return None;
    }
    let part = |index: usize| bounds[index]..bounds[index + 1];
    let generations = count - 2;
    Some(FinalizerQueue {
        heap,
        address,
        registered: (0..generations).rev().map(part).collect(),
        critical: part(count - 2),
        ready: part(count - 1),
    })
}
