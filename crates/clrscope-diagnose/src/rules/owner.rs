//! One owner alone keeps most of the living heap.

use clrscope_analyze::{Facts, Grouped, RetainedGroup, Unavailable};
use clrscope_graph::{Holder, ObjectId};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{by_type, count, listed, percent};

pub(super) const RULE: Rule = Rule { id: "one-owner", look };

/// Below this, a share of the heap says nothing: many small programs have one large table.
const MIN_BYTES: u64 = 8 * 1024 * 1024;
/// The share of the living heap that is most of it: a half.
const SHARE: u64 = 2;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let ownership = facts.ownership(control)?;
    let alive = ownership.bytes.total();
    let is_most = |bytes: u64| bytes >= MIN_BYTES && bytes.saturating_mul(SHARE) >= alive;
    let statics = facts.statics(control)?;
    if let Some(field) = statics.value.first()
        && is_most(field.retained.bytes)
    {
        return Ok(vec![of_field(facts, field, alive, control)?]);
    }
    if statics.value.is_empty() {
        return Err(Unavailable::Absent("no static field is known by name".to_owned()));
    }
    // No field: an object that something else keeps, a stack or a handle.
    let Some((object, bytes)) = ownership.bytes.top(1).into_iter().next() else {
        return Ok(Vec::new());
    };
    if !is_most(bytes) {
        return Ok(Vec::new());
    }
    let graph = facts.graph(control)?;
    let labels = &facts.labels(control)?.value;
    let Some(found) = graph.object(object) else { return Ok(Vec::new()) };
    let name = labels.name(found.ty).to_owned();
    let mut evidence = vec![format!(
        "the object at {} keeps {} alive, {} bytes of {} that are alive",
        found.address,
        count(ownership.counts.of(object), "object", "objects"),
        Grouped(bytes),
        Grouped(alive)
    )];
    if let Some(held) = crate::text::held(facts, found.address, control)? {
        evidence.push(format!("it is kept by {}", held.path));
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: bytes,
        title: format!("One {name} retains {} of the living heap", percent(bytes, alive)),
        owner: Some(name),
        evidence,
        next: Command::new("gcroot", found.address.to_string()),
    }])
}

fn of_field(
    facts: &Facts<'_, '_>,
    field: &RetainedGroup,
    alive: u64,
    control: &Control<'_>,
) -> Result<Finding, Unavailable> {
    let mut evidence = vec![format!(
        "{} bytes in {}, of {} bytes that are alive",
        Grouped(field.retained.bytes),
        count(field.retained.objects, "object", "objects"),
        Grouped(alive)
    )];
    let held = held_types(facts, &field.name, control)?;
    if !held.is_empty() {
        evidence.push(format!("it holds {held}"));
    }
    Ok(Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: field.retained.bytes,
        title: format!(
            "The static field {} retains {} of the living heap",
            field.name,
            percent(field.retained.bytes, alive)
        ),
        owner: Some(field.name.clone()),
        evidence,
        next: Command::new("retained", "--by static"),
    })
}

/// The types that a static field holds most of.
fn held_types(
    facts: &Facts<'_, '_>,
    field: &str,
    control: &Control<'_>,
) -> Result<String, Unavailable> {
    let graph = facts.graph(control)?;
    let ownership = facts.ownership(control)?;
    let labels = &facts.labels(control)?.value;
    let targets: Vec<ObjectId> = graph
        .holding_roots()
        .filter(|(root, _)| match &root.kind {
            clrscope_clr::RootKind::Static(name)
            | clrscope_clr::RootKind::ThreadStatic { name, .. } => name.to_string() == field,
            _ => false,
        })
        .map(|(_, target)| target)
        .collect();
    let children = ownership.dominators.children(control)?;
    let mut open = targets;
    let mut found = Vec::new();
    while let Some(object) = open.pop() {
        if found.len() >= MAX_VISITED {
            break;
        }
        found.extend(graph.object(object));
        open.extend(children.of(Holder::Object(object)).filter_map(|child| match child {
            Holder::Object(object) => Some(object),
            _ => None,
        }));
    }
    Ok(listed(&by_type(found), labels, SHOWN_TYPES))
}

/// Objects that are looked at to say what a field holds.
const MAX_VISITED: usize = 4_000_000;
/// Types that are named.
const SHOWN_TYPES: usize = 4;
