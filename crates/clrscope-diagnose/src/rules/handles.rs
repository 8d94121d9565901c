//! Handles of the operating system that pile up.

use clrscope_analyze::{Facts, Grouped, HandleGroup};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::held;

pub(super) const RULE: Rule = Rule { id: "handle-leak", look };

/// More handles of one type and owner than a program needs that closes them.
const MIN_HANDLES: u64 = 1000;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let handles = &facts.os_handles()?.value;
    let groups = &facts.handle_owners(control)?.value;
    let total: u64 = handles.types.iter().map(|ty| ty.count).sum();
    let mut found = Vec::new();
    for group in groups.iter().filter(|group| group.counts.total() >= MIN_HANDLES) {
        let ty = handles.types.get(group.handle_type).map_or("", |ty| &ty.name);
        found.push(finding(facts, group, ty, total, control)?);
    }
    Ok(found)
}

fn finding(
    facts: &Facts<'_, '_>,
    group: &HandleGroup,
    ty: &str,
    total: u64,
    control: &Control<'_>,
) -> Result<Finding, clrscope_analyze::Unavailable> {
    let labels = &facts.labels(control)?.value;
    let counts = group.counts;
    let mut evidence = vec![format!("the process has {} handles in all", Grouped(total))];
    let owner = group.owner.as_ref().map(|owner| labels.name(owner.ty).to_owned());
    let title = match &owner {
        Some(owner) => format!("{} {ty} handles belong to {owner}", Grouped(counts.total())),
        None => format!("{} {ty} handles belong to no managed object", Grouped(counts.total())),
    };
    if let Some(owner) = &group.owner {
        let mut path = labels.name(owner.ty).to_owned();
        for &via in &owner.via {
            path.push_str(" -> ");
            path.push_str(labels.name(via));
        }
        evidence.push(path);
        let dead = match counts.unknown {
            0 => format!("{} are garbage", Grouped(counts.dead)),
            unknown => format!("{} were not found alive", Grouped(unknown)),
        };
        evidence.push(format!(
            "{} are reachable, {} wait for finalization, {dead}",
            Grouped(counts.reachable),
            Grouped(counts.ready)
        ));
        if let Some(held) = held(facts, owner.sample, control)? {
            evidence.push(format!("one of them is kept by {}", held.path));
        }
    } else {
        evidence.push("native code has them, or managed code as mere numbers".to_owned());
    }
    Ok(Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: counts.total().saturating_mul(Finding::THING),
        title,
        owner,
        evidence,
        next: Command::new("handles", ""),
    })
}
