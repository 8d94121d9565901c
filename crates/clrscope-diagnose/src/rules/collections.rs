//! Collections that are mostly empty.

use clrscope_analyze::{Facts, Grouped};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{held, percent};

pub(super) const RULE: Rule = Rule { id: "collections-mostly-empty", look };

/// Waste that is worth a word.
const MIN_NOTE: u64 = 1024 * 1024;
/// Waste that is worth a change, if it is also a tenth of the heap.
const MIN_WARNING: u64 = 8 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let heap = facts.objects(control)?.total().bytes;
    let labels = &facts.labels(control)?.value;
    let mut found = Vec::new();
    for waste in &facts.collections(control)?.value {
        let mostly_empty = waste.elements.saturating_mul(2) < waste.places;
        if waste.wasted < MIN_NOTE || !mostly_empty {
            continue;
        }
        let is_warning = waste.wasted >= MIN_WARNING && waste.wasted.saturating_mul(10) >= heap;
        let name = labels.name(waste.ty).to_owned();
        let mut evidence = vec![format!(
            "{} of them, {} without an element; {} elements in {} places",
            Grouped(waste.collections),
            Grouped(waste.empty),
            Grouped(waste.elements),
            Grouped(waste.places)
        )];
        if let Some(held) = held(facts, waste.largest, control)? {
            evidence.push(format!(
                "the one that wastes most, {} bytes, is kept by {}",
                Grouped(waste.largest_wasted),
                held.path
            ));
        }
        found.push(Finding {
            id: RULE.id,
            severity: if is_warning { Severity::Warning } else { Severity::Note },
            weight: waste.wasted,
            title: format!(
                "{name}: {} of the places are empty, {} bytes wasted",
                percent(waste.places - waste.elements, waste.places),
                Grouped(waste.wasted)
            ),
            owner: Some(name),
            evidence,
            next: Command::new("dumpobj", waste.largest.to_string()),
        });
    }
    Ok(found)
}
