//! Subscribers pile up on an event, which keeps them alive.

use clrscope_analyze::{Facts, Grouped, crowded_events};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{held, listed};

pub(super) const RULE: Rule = Rule { id: "event-handlers", look };

/// Handlers of one event: one that has as many calls most of them for nobody.
const MIN_HANDLERS: u64 = 500;
/// What one counts as: it keeps its subscriber.
const WEIGHT: u64 = 4096;
/// Events that are told of.
const SHOWN: usize = 5;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let graph = facts.graph(control)?;
    let types = facts.runtime()?.types()?;
    let search = facts.search(control)?;
    let labels = &facts.labels(control)?.value;
    let mut found = Vec::new();
    for event in crowded_events(graph, types, &search, MIN_HANDLERS, control)?.iter().take(SHOWN) {
        let held = held(facts, event.delegate.address, control)?;
        let field = held.as_ref().and_then(|held| held.field.clone());
        let subscriber = event.subscribers.first().map(|&(ty, _)| labels.name(ty).to_owned());
        let of_whom = subscriber.clone().unwrap_or_else(|| "static methods".to_owned());
        let mut evidence = Vec::new();
        if !event.subscribers.is_empty() {
            evidence.push(format!("it calls {}", listed(&event.subscribers, labels, 4)));
        }
        evidence.extend(held.map(|held| format!("it is kept by {}", held.path)));
        evidence
            .push("whoever has the event keeps its subscribers until they unsubscribe".to_owned());
        found.push(Finding {
            id: RULE.id,
            severity: Severity::Warning,
            weight: event.handlers.saturating_mul(WEIGHT),
            title: match &field {
                Some(field) => format!(
                    "{} handlers of {of_whom} hang on the static field {field}",
                    Grouped(event.handlers)
                ),
                None => format!(
                    "{} handlers of {of_whom} hang on one {}",
                    Grouped(event.handlers),
                    labels.name(event.delegate.ty)
                ),
            },
            owner: field.or(subscriber),
            evidence,
            next: Command::new("gcroot", event.delegate.address.to_string()),
        });
    }
    Ok(found)
}
