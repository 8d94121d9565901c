//! Many objects are pinned.

use clrscope_analyze::{Facts, Grouped};
use clrscope_clr::HandleKind;
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{by_type, listed};

pub(super) const RULE: Rule = Rule { id: "pinning", look };

/// More pinned handles than the runtime and a few buffers need.
const MIN_HANDLES: u64 = 1000;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let handles = facts.gc_handles(control)?.value.iter();
    let pinned = handles
        .filter(|entry| matches!(entry.handle.kind, HandleKind::Pinned | HandleKind::AsyncPinned));
    let types = by_type(pinned.filter_map(|entry| entry.object));
    let all: u64 = types.iter().map(|&(_, count)| count).sum();
    if all < MIN_HANDLES {
        return Ok(Vec::new());
    }
    let labels = &facts.labels(control)?.value;
    let owner = types.first().map(|&(ty, _)| labels.name(ty).to_owned());
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: all.saturating_mul(Finding::THING),
        title: format!("{} handles pin objects", Grouped(all)),
        owner,
        evidence: vec![
            format!("they pin {}", listed(&types, labels, 4)),
            "the collector can neither move them nor close the holes around them".to_owned(),
        ],
        next: Command::new("gchandles", "-type Pinned"),
    }])
}
