//! How many objects there are of each size.

use std::collections::BTreeMap;

use clrscope_clr::HeapObjects;
use clrscope_memory::{Control, Interrupted};
use rustc_hash::FxHashMap;

use crate::{GENERATIONS, GenerationFilter};

/// Objects, or gaps between objects, of one size in one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeClass {
    /// The generation.
    pub generation: GenerationFilter,
    /// Whether these are gaps.
    pub is_free: bool,
    /// Bytes of each, rounded up to the alignment of objects.
    pub size: u64,
    /// How many there are.
    pub count: u64,
}

/// Counts objects by size: objects before gaps, generation by generation, small ones first.
///
/// # Errors
/// If `control` stops it.
pub fn size_stats(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<Vec<SizeClass>, Interrupted> {
    let segments = objects.heap().segments();
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let parts = objects.fold(
        control,
        |stretch| (segments.get(stretch.segment), FxHashMap::<(bool, usize, u64), u64>::default()),
        |(segment, counts), object, _| {
            let Some(segment) = segment else { return };
            let generation = GenerationFilter::of(segment, object.address);
            let place = GENERATIONS.iter().position(|&other| other == generation);
            let is_free = is_free.get(object.ty.index()) == Some(&true);
            let key = (is_free, place.unwrap_or(0), object.aligned_size);
            *counts.entry(key).or_default() += 1;
        },
    )?;
    let mut counts: BTreeMap<(bool, usize, u64), u64> = BTreeMap::new();
    for (key, count) in parts.into_iter().flat_map(|(_, part)| part) {
        *counts.entry(key).or_default() += count;
    }
    let class = |((is_free, place, size), count)| {
        let generation = *GENERATIONS.get(place)?;
        Some(SizeClass { generation, is_free, size, count })
    };
    Ok(counts.into_iter().filter_map(class).collect())
}
