//! Large objects come and go.

use clrscope_analyze::{Facts, GENERATIONS, GenerationFilter, Grouped};
use clrscope_memory::Control;

use super::fragmentation::sum;
use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::percent;

pub(super) const RULE: Rule = Rule { id: "large-object-churn", look };

/// Garbage and holes that are worth a word.
const MIN_BYTES: u64 = 16 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let stat = &facts.heap_stat(control)?.value;
    let (total, free) = sum(stat, GenerationFilter::Large);
    let place = GENERATIONS.iter().position(|&other| other == GenerationFilter::Large);
    let dead = stat.iter().filter_map(|(_, heap)| Some(heap.get(place?)?.unreachable));
    let dead = dead.fold(0, u64::saturating_add);
    let churned = free.saturating_add(dead);
    if churned < MIN_BYTES || churned.saturating_mul(2) < total {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: churned,
        title: format!(
            "Large objects are made and dropped: {} of their heap are garbage or holes",
            percent(churned, total)
        ),
        owner: None,
        evidence: vec![
            format!(
                "{} bytes, of which {} are garbage and {} are holes",
                Grouped(total),
                Grouped(dead),
                Grouped(free)
            ),
            "each collection of them is a full one; arrays that are rented need none".to_owned(),
        ],
        next: Command::new("dumpheap", "-stat -gen loh"),
    }])
}
