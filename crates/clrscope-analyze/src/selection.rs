//! Which objects of a heap an answer is about.

use clrscope_clr::{AddressRange, HeapGraph, HeapObjects, Object, Segment, SegmentKind};
use clrscope_graph::{Closure, Search};
use clrscope_memory::VirtAddr;

use crate::TypeLabels;

/// A generation, or one of the heaps that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenerationFilter {
    /// Generation 0, 1 or 2 of the small object heap.
    Small(u32),
    /// Large objects.
    Large,
    /// Pinned objects.
    Pinned,
    /// Objects that are never collected.
    Frozen,
}

impl GenerationFilter {
    /// The generation of an object of `segment`.
    pub fn of(segment: &Segment, address: VirtAddr) -> GenerationFilter {
        match segment.kind {
            SegmentKind::Large => GenerationFilter::Large,
            SegmentKind::Pinned => GenerationFilter::Pinned,
            SegmentKind::Frozen => GenerationFilter::Frozen,
            _ => GenerationFilter::Small(segment.generation_of(address)),
        }
    }

    /// The name that output uses, that of the segments of the kind.
    pub const fn name(self) -> &'static str {
        match self {
            GenerationFilter::Small(0) => "gen0",
            GenerationFilter::Small(1) => "gen1",
            GenerationFilter::Small(_) => "gen2",
            GenerationFilter::Large => "loh",
            GenerationFilter::Pinned => "poh",
            GenerationFilter::Frozen => "frozen",
        }
    }
}

/// Conditions on objects; the default selects all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Their method table.
    pub method_table: Option<VirtAddr>,
    /// Text that the name of their type contains.
    pub type_name: Option<String>,
    /// Their size at least.
    pub min_bytes: Option<u64>,
    /// Their size at most.
    pub max_bytes: Option<u64>,
    /// Their generation.
    pub generation: Option<GenerationFilter>,
    /// Number of their heap.
    pub heap: Option<u32>,
    /// An address in their segment, or that of its record.
    pub segment: Option<VirtAddr>,
    /// Whether a root keeps them alive; gaps are neither alive nor dead. Needs
    /// [`Selector::with_liveness`].
    pub alive: Option<bool>,
    /// Where they begin.
    pub range: Option<AddressRange>,
}

impl Selection {
    /// Whether this selects all objects.
    pub fn is_everything(&self) -> bool {
        *self == Selection::default()
    }
}

/// A [`Selection`] resolved for one heap: cheap to ask for each object.
#[derive(Debug)]
pub struct Selector<'a, 'data> {
    objects: &'a HeapObjects<'data>,
    selection: &'a Selection,
    /// By type number; empty if all are selected.
    types: Vec<bool>,
    /// By place in the heap's list.
    segments: Vec<bool>,
    liveness: Option<Liveness<'a, 'data>>,
    closure: Option<(&'a HeapGraph<'data>, &'a Closure)>,
}

/// What is alive: the graph of a heap, and a search of it that came to its end.
#[derive(Debug, Clone, Copy)]
pub struct Liveness<'a, 'data> {
    /// The graph.
    pub graph: &'a HeapGraph<'data>,
    /// The search from its roots.
    pub search: &'a Search,
}

impl Liveness<'_, '_> {
    fn is_alive(&self, object: &Object) -> Option<bool> {
        self.search.reachable(self.graph.id(object.address)?)
    }
}

impl<'a, 'data> Selector<'a, 'data> {
    /// Resolves `selection` for the heap of `objects`.
    pub fn new(
        objects: &'a HeapObjects<'data>,
        labels: &TypeLabels,
        selection: &'a Selection,
    ) -> Selector<'a, 'data> {
        let is_selected = |(id, info): (_, &clrscope_clr::MethodTableInfo)| {
            selection.method_table.is_none_or(|mt| info.address == mt)
                && selection.type_name.as_ref().is_none_or(|text| labels.name(id).contains(text))
        };
        let types = if selection.method_table.is_some() || selection.type_name.is_some() {
            objects.types().iter().map(is_selected).collect()
        } else {
            Vec::new()
        };
        let segments = objects.heap().segments().iter();
        let segments = segments.map(|segment| is_in_place(segment, selection)).collect();
        Selector { objects, selection, types, segments, liveness: None, closure: None }
    }

    /// The same with knowledge of what is alive, which [`Selection::alive`] needs: without it, nothing is
    /// selected by that.
    #[must_use]
    pub fn with_liveness(mut self, liveness: Liveness<'a, 'data>) -> Self {
        self.liveness = Some(liveness);
        self
    }

    /// Only those of the selected objects that the closure found in the graph.
    #[must_use]
    pub fn within(mut self, graph: &'a HeapGraph<'data>, closure: &'a Closure) -> Self {
        self.closure = Some((graph, closure));
        self
    }

    /// Whether all objects are selected.
    pub fn is_everything(&self) -> bool {
        self.selection.is_everything() && self.closure.is_none()
    }

    /// Whether a root keeps an object alive; `None` if that is not known.
    pub fn is_alive(&self, object: &Object) -> Option<bool> {
        self.liveness?.is_alive(object)
    }

    /// Whether any segment can hold a selected object.
    pub fn has_segments(&self) -> bool {
        self.segments.contains(&true)
    }

    /// Whether an object of the segment with this place in the heap's list is selected.
    #[inline]
    pub fn accepts(&self, segment: usize, object: &Object) -> bool {
        if !self.segments.get(segment).copied().unwrap_or(false)
            || (!self.types.is_empty() && !self.types.get(object.ty.index()).is_some_and(|&is| is))
        {
            return false;
        }
        let selection = self.selection;
        selection.min_bytes.is_none_or(|min| min <= object.size)
            && selection.max_bytes.is_none_or(|max| object.size <= max)
            && selection.range.is_none_or(|range| range.contains(object.address))
            && selection.alive.is_none_or(|wanted| self.is_alive(object) == Some(wanted))
            && self.closure.is_none_or(|(graph, closure)| {
                graph.id(object.address).is_some_and(|id| closure.contains(id))
            })
            && selection.generation.is_none_or(|wanted| {
                let segment = self.objects.heap().segments().get(segment);
                segment
                    .is_some_and(|segment| GenerationFilter::of(segment, object.address) == wanted)
            })
    }

    /// Whether objects that begin at an address of the segment with this place in the heap's list are
    /// selected, as far as the place decides.
    pub fn accepts_place(&self, segment: usize, address: VirtAddr) -> bool {
        self.segments.get(segment).copied().unwrap_or(false)
            && self.selection.range.is_none_or(|range| range.contains(address))
    }

    /// The selected objects in order of address, each with its segment.
    pub fn iter(&self) -> impl Iterator<Item = (&'a Segment, Object)> + '_ {
        let segments = self.objects.heap().segments();
        segments.iter().enumerate().filter(|&(index, _)| self.segments[index]).flat_map(
            move |(index, segment)| {
                let objects = self.objects.iter_segment(index);
                objects
                    .filter(move |object| self.accepts(index, object))
                    .map(move |object| (segment, object))
            },
        )
    }
}

/// Whether a segment can hold objects of a selection, by its heap, its place and its generations.
pub fn is_in_place(segment: &Segment, selection: &Selection) -> bool {
    selection.heap.is_none_or(|heap| segment.heap == heap)
        && selection.segment.is_none_or(|at| is_named(segment, at))
        && selection.range.is_none_or(|range| overlap(range, segment.objects))
        && selection.generation.is_none_or(|generation| may_hold(segment, generation))
}

fn is_named(segment: &Segment, at: VirtAddr) -> bool {
    segment.address == at
        || segment.objects.contains(at)
        || segment.committed.contains(at)
        || segment.reserved.contains(at)
}

fn overlap(a: AddressRange, b: AddressRange) -> bool {
    a.start < b.end && b.start < a.end
}

fn may_hold(segment: &Segment, generation: GenerationFilter) -> bool {
    match generation {
        GenerationFilter::Small(_) => {
            !matches!(segment.kind, SegmentKind::Large | SegmentKind::Pinned | SegmentKind::Frozen)
        }
        GenerationFilter::Large => segment.kind == SegmentKind::Large,
        GenerationFilter::Pinned => segment.kind == SegmentKind::Pinned,
        GenerationFilter::Frozen => segment.kind == SegmentKind::Frozen,
    }
}
