//! Timers, and registrations for cancellation, pile up.

use clrscope_analyze::{CallbackKind, Facts, Grouped, waiting_callbacks};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::held;

pub(super) const RULE: Rule = Rule { id: "timers", look };

/// More of one sort than a program needs that disposes of them.
const MIN_COUNT: u64 = 1000;
/// What one counts as: it keeps what it calls.
const WEIGHT: u64 = 4096;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let graph = facts.graph(control)?;
    let types = facts.runtime()?.types()?;
    let search = facts.search(control)?;
    let labels = &facts.labels(control)?.value;
    let mut found = Vec::new();
    let groups = waiting_callbacks(graph, types, &search, control)?;
    for group in groups.iter().filter(|group| group.count >= MIN_COUNT) {
        let owner = group.who.map(|who| labels.name(who).to_owned());
        let whose = owner.as_deref().unwrap_or("static methods");
        let number = Grouped(group.count);
        let sample = Command::new("gcroot", group.sample.to_string());
        let (id, title, remedy, next) = match group.kind {
            CallbackKind::Timer => (
                RULE.id,
                format!("{number} timers are set that call {whose}"),
                "a timer lives until it is disposed of or has ticked for the last time",
                Command::new("timerinfo", ""),
            ),
            CallbackKind::Cancellation => (
                "cancellation-registrations",
                format!("{number} registrations for cancellation call {whose}"),
                "a registration lives as long as its token's source, unless it is disposed of",
                sample,
            ),
        };
        let mut evidence = vec![remedy.to_owned()];
        if let Some(held) = held(facts, group.sample, control)? {
            evidence.push(format!("one of them is kept by {}", held.path));
        }
        found.push(Finding {
            id,
            severity: Severity::Warning,
            weight: group.count.saturating_mul(WEIGHT),
            title,
            owner,
            evidence,
            next,
        });
    }
    Ok(found)
}
