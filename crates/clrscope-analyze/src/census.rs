//! Objects by type, and the large gaps between them.

use clrscope_clr::{HeapObjects, Object, SegmentKind, Stretch, TypeId, TypeStats};
use clrscope_memory::{Control, Interrupted, VirtAddr};
use rustc_hash::FxHashMap;

use crate::Selector;

/// All selected objects of one type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeCount {
    /// The type.
    pub ty: TypeId,
    /// How many objects.
    pub count: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
}

/// A gap of the small object heap of half a MiB or more with an object behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FreeBlock {
    /// Where it begins.
    pub address: VirtAddr,
    /// Its size in bytes.
    pub bytes: u64,
    /// The object behind it.
    pub followed_by: VirtAddr,
    /// That object's type.
    pub ty: TypeId,
}

/// How many objects there are of each type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// All selected objects, gaps among them.
    pub objects: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
    /// By type, those that take least first; ties in order of method table.
    pub types: Vec<TypeCount>,
    /// Large gaps in order of address; only looked for if everything is selected.
    pub fragmentation: Vec<FreeBlock>,
}

/// The size from which SOS calls a gap fragmentation: half a MiB.
const FRAGMENT: u64 = 512 * 1024;

/// Counts the objects that `selector` accepts, on all cores.
///
/// # Errors
/// If `control` stops it.
pub fn census(
    objects: &HeapObjects<'_>,
    selector: &Selector<'_, '_>,
    control: &Control<'_>,
) -> Result<Census, Interrupted> {
    let mut result = if selector.is_everything() {
        let mut result = Census::new(objects.histogram());
        result.fragmentation = fragmentation(objects, control)?;
        result
    } else {
        Census::new(&selected(objects, selector, control)?)
    };
    result.types.sort_by_key(|count| (count.bytes, count.ty));
    Ok(result)
}

impl Census {
    /// Counts some of the objects of `all`.
    pub fn of(all: &HeapObjects<'_>, objects: impl IntoIterator<Item = Object>) -> Census {
        let mut stats = vec![TypeStats::default(); all.types().len()];
        for object in objects {
            if let Some(stats) = stats.get_mut(object.ty.index()) {
                stats.count += 1;
                // The same object can be there many times.
                stats.bytes = stats.bytes.saturating_add(object.size);
            }
        }
        let mut census = Census::new(&stats);
        census.types.sort_by_key(|count| (count.bytes, count.ty));
        census
    }

    fn new(stats: &[TypeStats]) -> Census {
        let types = (0..).map(TypeId).zip(stats).filter(|(_, stats)| stats.count > 0);
        let types = types.map(|(ty, &TypeStats { count, bytes })| TypeCount { ty, count, bytes });
        let types: Vec<TypeCount> = types.collect();
        Census {
            objects: types.iter().map(|count| count.count).sum(),
            bytes: types.iter().map(|count| count.bytes).fold(0, u64::saturating_add),
            types,
            fragmentation: Vec::new(),
        }
    }
}

fn selected(
    objects: &HeapObjects<'_>,
    selector: &Selector<'_, '_>,
    control: &Control<'_>,
) -> Result<Vec<TypeStats>, Interrupted> {
    let mut total = vec![TypeStats::default(); objects.types().len()];
    if !selector.has_segments() {
        return Ok(total);
    }
    // A map for each stretch: there can be thousands of stretches, and few types in each.
    let start = |stretch: Stretch| (stretch.segment, FxHashMap::<TypeId, TypeStats>::default());
    let parts = objects.fold(control, start, |(segment, stats), object, _| {
        if selector.accepts(*segment, object) {
            let stats = stats.entry(object.ty).or_default();
            stats.count += 1;
            stats.bytes += object.size;
        }
    })?;
    for (ty, part) in parts.into_iter().flat_map(|(_, part)| part) {
        if let Some(total) = total.get_mut(ty.index()) {
            total.count += part.count;
            total.bytes += part.bytes;
        }
    }
    Ok(total)
}

/// What one stretch knows of gaps: those within it, and what its neighbours need.
struct Gaps {
    stretch: Stretch,
    first: Option<Object>,
    last: Option<Object>,
    blocks: Vec<FreeBlock>,
}

fn fragmentation(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<Vec<FreeBlock>, Interrupted> {
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let is_free = |ty: TypeId| is_free.get(ty.index()).copied().unwrap_or(false);
    let free_bytes = objects.types().iter().zip(objects.histogram());
    let free_bytes: u64 =
        free_bytes.filter(|((ty, _), _)| is_free(*ty)).map(|(_, s)| s.bytes).sum();
    if free_bytes < FRAGMENT {
        return Ok(Vec::new());
    }

    let segments = objects.heap().segments();
    let block = |gap: &Object, next: &Object| {
        let adjoins = gap.address.checked_add(gap.aligned_size) == Some(next.address);
        (gap.size >= FRAGMENT && is_free(gap.ty) && !is_free(next.ty) && adjoins).then_some(
            FreeBlock {
                address: gap.address,
                bytes: gap.size,
                followed_by: next.address,
                ty: next.ty,
            },
        )
    };
    let start = |stretch| Gaps { stretch, first: None, last: None, blocks: Vec::new() };
    let parts = objects.fold(control, start, |gaps: &mut Gaps, object, _| {
        if let Some(last) = &gaps.last {
            gaps.blocks.extend(block(last, object));
        } else {
            gaps.first = Some(*object);
        }
        gaps.last = Some(*object);
    })?;

    let mut blocks = Vec::new();
    let mut before: Option<(usize, Object)> = None;
    for part in parts {
        let segment = part.stretch.segment;
        if segments.get(segment).is_some_and(|segment| is_large(segment.kind)) {
            continue;
        }
        if let Some((of, last)) = before
            && of == segment
            && let Some(first) = &part.first
        {
            blocks.extend(block(&last, first));
        }
        blocks.extend(part.blocks);
        before = part.last.map(|last| (segment, last)).or(before);
    }
    Ok(blocks)
}

/// Gaps between large objects are how that heap works, and frozen ones are never moved.
fn is_large(kind: SegmentKind) -> bool {
    matches!(kind, SegmentKind::Large | SegmentKind::Pinned | SegmentKind::Frozen)
}
