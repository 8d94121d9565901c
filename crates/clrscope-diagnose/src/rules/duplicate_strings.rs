//! The same strings many times over.

use clrscope_analyze::{Facts, Grouped};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{percent, shortened};

pub(super) const RULE: Rule = Rule { id: "duplicate-strings", look };

/// Waste that is worth a word: every program repeats some strings.
const MIN_NOTE: u64 = 128 * 1024;
/// Waste that is worth a change, if it is also a tenth of the heap.
const MIN_WARNING: u64 = 4 * 1024 * 1024;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let strings = &facts.strings(control)?.value;
    let heap = facts.objects(control)?.total().bytes;
    let waste = |count: u64, bytes: u64| bytes - bytes / count.max(1);
    let wasted: u64 = strings.groups.iter().map(|group| waste(group.count, group.bytes)).sum();
    if wasted < MIN_NOTE || wasted.saturating_mul(200) < heap {
        return Ok(Vec::new());
    }
    let is_warning = wasted >= MIN_WARNING && wasted.saturating_mul(10) >= heap;
    let mut worst: Vec<_> = strings.groups.iter().filter(|group| group.count > 1).collect();
    worst.sort_by_key(|group| std::cmp::Reverse(waste(group.count, group.bytes)));
    let mut evidence = vec![format!(
        "{} strings, {} different ones; {} bytes, {} of them repeated",
        Grouped(strings.objects),
        Grouped(strings.groups.len() as u64),
        Grouped(strings.bytes),
        percent(wasted, strings.bytes)
    )];
    for group in worst.into_iter().take(SHOWN) {
        evidence.push(format!(
            "{} times {:?}, {} bytes wasted",
            Grouped(group.count),
            shortened(&group.text(), 40),
            Grouped(waste(group.count, group.bytes))
        ));
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: if is_warning { Severity::Warning } else { Severity::Note },
        weight: wasted,
        title: format!("Duplicate strings waste {} bytes", Grouped(wasted)),
        owner: None,
        evidence,
        next: Command::new("strings", "-dup -top 20"),
    }])
}

/// Contents that are shown.
const SHOWN: usize = 3;
