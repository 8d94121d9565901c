//! All objects of a heap, after one pass over it.

use std::fmt;
use std::sync::Arc;

use clrscope_memory::{
    Control, Grouped, Interrupted, Issue, IssueKind, Issues, Progress, VirtAddr,
};

use super::Heap;
use super::segment::Segment;
use super::survey::{self, Chunk};
use super::types::{MethodTableInfo, TypeStats, TypeTable};
use super::walk::{self, Damage, DamageKind, Object, Span, Walk};
use crate::parallel;
use crate::range::AddressRange;

/// The objects of a heap: what one pass over it found. Cloning is cheap.
#[derive(Clone)]
pub struct HeapObjects<'data> {
    inner: Arc<Inner<'data>>,
}

struct Inner<'data> {
    heap: Heap<'data>,
    types: TypeTable,
    stats: Vec<TypeStats>,
    chunks: Vec<Chunk>,
    /// For each segment, the stretches without objects.
    holes: Vec<Vec<AddressRange>>,
    damage: Vec<Damage>,
    total: TypeStats,
    issues: Issues,
}

impl<'data> Heap<'data> {
    /// Walks over all objects once, on all cores: counts them by type and finds where the heap is
    /// damaged.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn objects(&self, control: &Control<'_>) -> Result<HeapObjects<'data>, Interrupted> {
        let survey = survey::survey(self, control)?;
        let mut total = TypeStats::default();
        for stats in &survey.stats {
            total.count += stats.count;
            total.bytes += stats.bytes;
        }
        let mut issues = Issues::new();
        for damage in &survey.damage {
            issues.push(issue_of(damage));
        }
        Ok(HeapObjects {
            inner: Arc::new(Inner {
                heap: self.clone(),
                types: survey.types,
                stats: survey.stats,
                chunks: survey.chunks,
                holes: survey.holes,
                damage: survey.damage,
                total,
                issues,
            }),
        })
    }
}

impl<'data> HeapObjects<'data> {
    /// The heap that they are on.
    pub fn heap(&self) -> &Heap<'data> {
        &self.inner.heap
    }

    /// Their types.
    pub fn types(&self) -> &TypeTable {
        &self.inner.types
    }

    /// How many objects each type has, by its number. Free objects, the gaps, are a type too.
    pub fn histogram(&self) -> &[TypeStats] {
        &self.inner.stats
    }

    /// All of them: count and bytes, Free objects too.
    pub fn total(&self) -> TypeStats {
        self.inner.total
    }

    /// Where the walk could not go, in order of address.
    pub fn damage(&self) -> &[Damage] {
        &self.inner.damage
    }

    /// The same, as issues. The objects are complete if there are none here and none of the heap's.
    pub fn issues(&self) -> &Issues {
        &self.inner.issues
    }

    /// All objects in order of address.
    pub fn iter(&self) -> impl Iterator<Item = Object> + '_ {
        (0..self.heap().segments().len()).flat_map(|index| self.iter_segment(index))
    }

    /// The objects of one segment, by its place in [`Heap::segments`], in order of address.
    pub fn iter_segment(&self, index: usize) -> impl Iterator<Item = Object> + '_ {
        let start = self.heap().segments().get(index).map(|segment| segment.objects.start);
        let walk = start.into_iter().flat_map(move |start| self.walk_from(index, start));
        walk.map(|(object, _)| object)
    }

    /// The objects of one segment from `start`, at which one of them begins, each with its bytes.
    pub(crate) fn walk_from(
        &self,
        index: usize,
        start: VirtAddr,
    ) -> impl Iterator<Item = (Object, &'data [u8])> + '_ {
        let segment = self.heap().segments().get(index);
        segment.into_iter().flat_map(move |segment| {
            let mut walk = self.walk(self.span(index, segment, start, segment.objects.end));
            std::iter::from_fn(move || walk.next())
        })
    }

    /// The object at an address, if one of the heap's segments has the address and a method table of
    /// a known type is there. That an object *begins* there only a walk can say.
    pub fn object_at(&self, address: VirtAddr) -> Option<Object> {
        let segment = self.heap().segment_at(address)?;
        let alignment = self.heap().alignment_of(segment);
        let end = segment.objects.end;
        walk::object_at(self.heap().space(), self.types(), end, alignment, address)
    }

    /// Visits all objects, on all cores: stretch by stretch, each with a state of its own. Gives the
    /// states in order of address, so that the result does not depend on the number of cores. Stretches
    /// are the same every time, and no two share a 64-byte line of the bit map of object starts.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn fold<S: Send>(
        &self,
        control: &Control<'_>,
        start: impl Fn(Stretch) -> S + Sync + Send,
        visit: impl Fn(&mut S, &Object, &'data [u8]) + Sync + Send,
    ) -> Result<Vec<S>, Interrupted> {
        let chunks = &self.inner.chunks;
        parallel::map(chunks, |chunk| {
            control.tick(Progress {
                phase: "walking objects",
                done: chunk.objects_before,
                total: self.total().count,
            })?;
            let segment = &self.heap().segments()[chunk.segment];
            let mut walk =
                self.walk(self.span(chunk.segment, segment, chunk.range.start, chunk.range.end));
            let mut state = start(Stretch {
                segment: chunk.segment,
                range: chunk.range,
                objects_before: chunk.objects_before,
                objects: chunk.objects,
            });
            while let Some((object, bytes)) = walk.next() {
                visit(&mut state, &object, bytes);
            }
            Ok(state)
        })
    }

    /// What [`HeapObjects::fold`] is going to visit as one, in order of address.
    pub fn stretches(&self) -> impl Iterator<Item = Stretch> + '_ {
        self.inner.chunks.iter().map(|chunk| Stretch {
            segment: chunk.segment,
            range: chunk.range,
            objects_before: chunk.objects_before,
            objects: chunk.objects,
        })
    }

    /// Calls `visit` with each reference that an object holds, null ones left out: the place of the
    /// field and its target. An instance of a type that can be unloaded also refers to the object that
    /// keeps the type; that edge has no place. `bytes` are the object's, as [`HeapObjects::fold`] gives
    /// them.
    #[inline]
    pub fn references_of(
        &self,
        object: &Object,
        bytes: &'data [u8],
        mut visit: impl FnMut(Option<VirtAddr>, VirtAddr),
    ) {
        let Some(info) = self.inner.types.get(object.ty) else { return };
        self.references_with(info, object, bytes, &mut visit);
    }

    #[inline]
    fn references_with(
        &self,
        info: &MethodTableInfo,
        object: &Object,
        bytes: &'data [u8],
        visit: &mut impl FnMut(Option<VirtAddr>, VirtAddr),
    ) {
        let width = self.heap().method_tables().pointer_width();
        let mut place = |offset: u64, target: u64| {
            if target != 0 {
                visit(Some(object.address.wrapping_add(offset)), VirtAddr(target));
            }
        };
        if (bytes.len() as u64) < object.aligned_size && info.header().contains_pointers() {
            // The object lies in two pieces of the file.
            let space = self.heap().space();
            let held = space.held_from(object.address, object.aligned_size);
            let whole =
                usize::try_from(held).ok().and_then(|held| space.bytes(object.address, held));
            info.gc_desc.for_each(width, &whole.unwrap_or_default(), object.size, &mut place);
        } else {
            info.gc_desc.for_each(width, bytes, object.size, &mut place);
        }
        if let Some(loader_allocator) = info.loader_allocator {
            visit(None, loader_allocator);
        }
    }

    /// Visits all references of the heap, on all cores, as [`HeapObjects::fold`] does with objects.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn fold_references<S: Send>(
        &self,
        control: &Control<'_>,
        start: impl Fn(Stretch) -> S + Sync + Send,
        visit: impl Fn(&mut S, &Object, Option<VirtAddr>, VirtAddr) + Sync + Send,
    ) -> Result<Vec<S>, Interrupted> {
        self.fold(control, start, |state, object, bytes| {
            self.references_of(object, bytes, |place, target| visit(state, object, place, target));
        })
    }

    fn walk<'a>(&'a self, span: Span<'a>) -> Walk<'a, 'data, TypeTable> {
        Walk::new(self.heap().space(), &self.inner.types, span)
    }

    fn span<'a>(
        &'a self,
        index: usize,
        segment: &Segment,
        start: VirtAddr,
        stop: VirtAddr,
    ) -> Span<'a> {
        Span {
            start: start.0,
            stop: stop.0,
            end: segment.objects.end.0,
            alignment: self.heap().alignment_of(segment),
            holes: self.inner.holes.get(index).map_or(&[], Vec::as_slice),
        }
    }
}

/// A part of a segment that is visited as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The segment's place in [`Heap::segments`].
    pub segment: usize,
    /// Where its objects begin; the last may end behind the end.
    pub range: AddressRange,
    /// How many objects of the heap come before it.
    pub objects_before: u64,
    /// How many objects it has.
    pub objects: u64,
}

fn issue_of(damage: &Damage) -> Issue {
    let bytes = Grouped(damage.range.len());
    let (kind, message) = match damage.kind {
        DamageKind::NoMethodTable => {
            (IssueKind::TornObject, format!("{bytes} bytes of the heap hold no readable object"))
        }
        DamageKind::TooLarge => (
            IssueKind::TornObject,
            format!(
                "an object is longer than its segment; {bytes} bytes of the heap were not read"
            ),
        ),
        DamageKind::Absent => {
            (IssueKind::MissingMemory, format!("{bytes} bytes of the heap are not in the dump"))
        }
        DamageKind::AbsentMethodTable => (
            IssueKind::MissingMemory,
            format!("{bytes} bytes of the heap were not read: their type is not in the dump"),
        ),
    };
    Issue::in_memory(kind, damage.range.start, message)
}

impl fmt::Debug for HeapObjects<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeapObjects")
            .field("total", &self.inner.total)
            .field("types", &self.inner.types.len())
            .field("damage", &self.inner.damage.len())
            .finish_non_exhaustive()
    }
}
