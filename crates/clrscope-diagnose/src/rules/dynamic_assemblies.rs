//! Assemblies that are made at run time and stay.

use clrscope_analyze::{Emitter, Facts, Grouped};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};

pub(super) const RULE: Rule = Rule { id: "dynamic-assemblies", look };

/// More of one kind than a program needs that keeps what it makes.
const MIN_WARNING: u64 = 50;
/// More than can be meant, if they are never unloaded.
const MIN_ERROR: u64 = 1000;

fn look(facts: &Facts<'_, '_>, _: &Control<'_>) -> Found {
    let dynamic = &facts.dynamic()?.value;
    let mut found = Vec::new();
    for group in &dynamic.groups {
        let members = group.members.len() as u64;
        if members < MIN_WARNING {
            continue;
        }
        let severity = match group.collectible {
            false if members >= MIN_ERROR => Severity::Error,
            _ => Severity::Warning,
        };
        let end =
            if group.collectible { "could be unloaded and were not" } else { "stay for ever" };
        let maker = match &group.emitter {
            Emitter::Unknown => None,
            emitter => Some(emitter.name().to_owned()),
        };
        let mut evidence = vec![
            format!(
                "{} of {} dynamic assemblies; they {end}",
                Grouped(members),
                Grouped(dynamic.assemblies.len() as u64)
            ),
            format!(
                "{} bytes: loader heaps {}, metadata and images {}, jitted code {}",
                Grouped(group.bytes()),
                Grouped(group.loader_bytes),
                Grouped(group.metadata_bytes.saturating_add(group.image_bytes)),
                Grouped(group.code_bytes)
            ),
        ];
        for (name, assembly) in group.ancestors.iter().take(SHOWN) {
            evidence.push(format!("their types derive from or implement {name} [{assembly}]"));
        }
        let first = group.members.first().and_then(|&member| dynamic.assemblies.get(member));
        if let Some(ty) = first.and_then(|assembly| assembly.sample_types.first()) {
            evidence.push(format!("for example the type {ty}"));
        }
        let by = maker.as_ref().map_or_else(String::new, |maker| format!(", made by {maker}"));
        found.push(Finding {
            id: RULE.id,
            severity,
            weight: members.saturating_mul(Finding::THING),
            title: format!("{} dynamic assemblies {}{by}", Grouped(members), group.pattern),
            owner: Some(maker.unwrap_or_else(|| group.pattern.clone())),
            evidence,
            next: Command::new("dynamic", "-stat"),
        });
    }
    Ok(found)
}

/// Ancestors that are named.
const SHOWN: usize = 2;
