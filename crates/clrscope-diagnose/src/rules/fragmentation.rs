//! The small object heap is full of holes.

use clrscope_analyze::{Facts, GENERATIONS, GenerationFilter, Grouped, HeapStat};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::percent;

pub(super) const RULE: Rule = Rule { id: "fragmentation", look };

/// Holes that are worth a word.
const MIN_BYTES: u64 = 16 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let stat = &facts.heap_stat(control)?.value;
    // Holes of the younger generations are about to be filled.
    let (total, free) = sum(stat, GenerationFilter::Small(2));
    if free < MIN_BYTES || free.saturating_mul(3) < total {
        return Ok(Vec::new());
    }
    let pinned = facts.gc_handles(control)?.value.iter().filter(|entry| {
        use clrscope_clr::HandleKind::{AsyncPinned, Pinned};
        matches!(entry.handle.kind, Pinned | AsyncPinned)
    });
    let evidence = vec![
        format!(
            "generation 2 has {} bytes, of which {} are holes between objects",
            Grouped(total),
            Grouped(free)
        ),
        format!("{} pinned handles keep objects in place", Grouped(pinned.count() as u64)),
    ];
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: free,
        title: format!("Fragmentation: {} of generation 2 are holes", percent(free, total)),
        owner: None,
        evidence,
        next: Command::new("gcheapstat", ""),
    }])
}

/// Total and free bytes of a generation, of all heaps.
pub(super) fn sum(stat: &[(u32, HeapStat)], generation: GenerationFilter) -> (u64, u64) {
    let place = GENERATIONS.iter().position(|&other| other == generation);
    let parts = stat.iter().filter_map(|(_, heap)| heap.get(place?));
    parts.fold((0, 0), |(total, free), part| {
        (total.saturating_add(part.total), free.saturating_add(part.free))
    })
}
