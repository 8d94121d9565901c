//! References from one part of the heap into another.

use clrscope_clr::{HeapObjects, Object, Segment};
use clrscope_memory::{Control, Interrupted, VirtAddr};
use rustc_hash::FxHashSet;

use crate::GenerationFilter;

/// A reference between objects of two generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CrossReference {
    /// The object that refers.
    pub from: Object,
    /// Its generation.
    pub from_generation: GenerationFilter,
    /// The object that it refers to.
    pub to: Object,
    /// That one's generation.
    pub to_generation: GenerationFilter,
}

/// Which references are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crossing {
    /// From generation 2, large or pinned objects into generations 0 and 1: what a collection of the
    /// young generations has to look at beside the roots.
    OldToYoung,
    /// From generations 0 and 1 to large objects.
    YoungToLarge,
}

impl Crossing {
    fn accepts(self, from: GenerationFilter, to: GenerationFilter) -> bool {
        let is_young = |generation| matches!(generation, GenerationFilter::Small(0 | 1));
        match self {
            Crossing::OldToYoung => !is_young(from) && is_young(to),
            Crossing::YoungToLarge => is_young(from) && to == GenerationFilter::Large,
        }
    }
}

/// What a walk over a stretch has found.
#[derive(Default)]
struct Part<'h> {
    segment: Option<&'h Segment>,
    found: Vec<CrossReference>,
    /// What the last object that was found refers to.
    targets: FxHashSet<VirtAddr>,
}

/// The references of one sort, in order of address; each pair of objects once.
///
/// # Errors
/// If `control` stops it.
pub fn cross_references(
    objects: &HeapObjects<'_>,
    crossing: Crossing,
    control: &Control<'_>,
) -> Result<Vec<CrossReference>, Interrupted> {
    let heap = objects.heap();
    let parts = objects.fold_references(
        control,
        |stretch| Part { segment: heap.segments().get(stretch.segment), ..Part::default() },
        |part, from, _, target| {
            let Some(segment) = part.segment else { return };
            let from_generation = GenerationFilter::of(segment, from.address);
            let Some(of_target) = heap.segment_at(target) else { return };
            let to_generation = GenerationFilter::of(of_target, target);
            if !crossing.accepts(from_generation, to_generation) {
                return;
            }
            let Some(to) = objects.object_at(target) else { return };
            if part.found.last().is_none_or(|last| last.from.address != from.address) {
                part.targets.clear();
            }
            if part.targets.insert(target) {
                part.found.push(CrossReference { from: *from, from_generation, to, to_generation });
            }
        },
    )?;
    Ok(parts.into_iter().flat_map(|part| part.found).collect())
}
