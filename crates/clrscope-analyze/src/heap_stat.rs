//! How full each generation of each heap is.

use std::collections::BTreeMap;

use clrscope_clr::{HeapGraph, HeapObjects};
use clrscope_graph::Search;
use clrscope_memory::{Control, Interrupted};

use crate::GenerationFilter;

/// The generations and the heaps without any, in the order of columns.
pub const GENERATIONS: [GenerationFilter; 6] = [
    GenerationFilter::Small(0),
    GenerationFilter::Small(1),
    GenerationFilter::Small(2),
    GenerationFilter::Large,
    GenerationFilter::Pinned,
    GenerationFilter::Frozen,
];

/// One generation of one heap, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GenerationStat {
    /// Objects, and gaps between them.
    pub total: u64,
    /// Gaps.
    pub free: u64,
    /// Objects that nothing keeps alive, if that was asked for.
    pub unreachable: u64,
}

/// The generations of one heap, in the order of [`GENERATIONS`].
pub type HeapStat = [GenerationStat; 6];

/// Adds up the objects of each generation, by number of the heap. What is unreachable is added up if a
/// graph and a search of it that came to its end are given.
///
/// # Errors
/// If `control` stops it.
pub fn heap_stat(
    objects: &HeapObjects<'_>,
    reached: Option<(&HeapGraph<'_>, &Search)>,
    control: &Control<'_>,
) -> Result<BTreeMap<u32, HeapStat>, Interrupted> {
    let segments = objects.heap().segments();
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let parts = objects.fold(
        control,
        |stretch| (segments.get(stretch.segment), HeapStat::default()),
        |(segment, stat), object, _| {
            let Some(segment) = segment else { return };
            let generation = GenerationFilter::of(segment, object.address);
            let place = GENERATIONS.iter().position(|&other| other == generation);
            let Some(stat) = place.and_then(|place| stat.get_mut(place)) else { return };
            stat.total += object.size;
            if is_free.get(object.ty.index()) == Some(&true) {
                stat.free += object.size;
            } else if let Some((graph, search)) = reached
                && let Some(id) = graph.id(object.address)
                && search.reachable(id) == Some(false)
            {
                stat.unreachable += object.size;
            }
        },
    )?;
    let mut heaps: BTreeMap<u32, HeapStat> =
        objects.heap().heaps().iter().map(|heap| (heap.index, HeapStat::default())).collect();
    for (segment, part) in parts {
        let heap = heaps.entry(segment.map_or(0, |segment| segment.heap)).or_default();
        for (sum, part) in heap.iter_mut().zip(part) {
            sum.total += part.total;
            sum.free += part.free;
            sum.unreachable += part.unreachable;
        }
    }
    Ok(heaps)
}
