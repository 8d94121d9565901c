//! Exceptions on the heap: by the thousand, or of the program's own types.

use std::collections::BTreeMap;

use clrscope_analyze::{
    ExceptionReader, Facts, Grouped, Selection, Selector, TypeLabels, Unavailable, is_of_framework,
};
use clrscope_clr::NameStyle;
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{count, shortened};

pub(super) const RULE: Rule = Rule { id: "exceptions", look };

/// Exceptions of all types: a program that throws now and then leaves fewer between two collections.
const MIN_EXCEPTIONS: u64 = 500;
/// What one counts as: it takes time rather than memory.
const WEIGHT: u64 = 1024;
/// Types, and messages of each, that are named.
const SHOWN: usize = 3;

/// Exceptions of one type.
struct OfType {
    name: String,
    count: u64,
    /// Messages and how many have each, the most frequent first.
    messages: Vec<(String, u64)>,
}

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let objects = facts.objects(control)?;
    let labels = &facts.labels(control)?.value;
    let all = by_type(facts, control)?;
    let names = objects.types().iter().map(|(ty, _)| (labels.name(ty), labels.assembly(ty)));
    let assemblies: BTreeMap<&str, Option<&str>> = names.collect();
    let is_own = |of_type: &&OfType| {
        let assembly = assemblies.get(of_type.name.as_str()).copied().flatten();
        assembly.is_some_and(|assembly| !is_of_framework(assembly))
    };
    let sum = |types: &[&OfType]| types.iter().map(|of_type| of_type.count).sum::<u64>();
    let (all, own): (Vec<&OfType>, Vec<&OfType>) =
        (all.iter().collect(), all.iter().filter(is_own).collect());
    // A few of the runtime's are made before anything goes wrong.
    let is_flood = sum(&all) >= MIN_EXCEPTIONS;
    let (severity, groups) =
        if is_flood { (Severity::Warning, all) } else { (Severity::Note, own) };
    let Some(first) = groups.first() else { return Ok(Vec::new()) };
    let all = sum(&groups);
    let owner = first.name.clone();
    let mut evidence = Vec::new();
    for group in groups.iter().take(SHOWN) {
        evidence.push(format!("{} {}", Grouped(group.count), group.name));
        for (message, times) in group.messages.iter().take(SHOWN) {
            let times = count(*times, "time", "times");
            evidence.push(format!("  {times} {:?}", shortened(message, 80)));
        }
    }
    if groups.len() > SHOWN {
        evidence.push(format!("and {} more types", groups.len() - SHOWN));
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity,
        weight: all.saturating_mul(WEIGHT),
        title: match is_flood {
            true => format!("{} exceptions are on the heap, most of them {owner}", Grouped(all)),
            false => format!(
                "The heap holds {} of the program's own: {owner}",
                count(all, "exception", "exceptions")
            ),
        },
        next: Command::new("dumpexceptions", ""),
        owner: Some(owner),
        evidence,
    }])
}

/// All exceptions by type, the most first.
fn by_type(facts: &Facts<'_, '_>, control: &Control<'_>) -> Result<Vec<OfType>, Unavailable> {
    let objects = facts.objects(control)?;
    let reader = ExceptionReader::new(facts.runtime()?, NameStyle::CSharp)?;
    let (labels, selection) = (TypeLabels::default(), Selection::default());
    let selector = Selector::new(objects, &labels, &selection);
    let mut types: BTreeMap<String, (u64, BTreeMap<String, u64>)> = BTreeMap::new();
    for group in reader.groups(objects, &selector, &[], control)? {
        let (count, messages) = types.entry(group.first.name).or_default();
        *count += group.count;
        if let Some(message) = group.first.message {
            *messages.entry(message).or_default() += group.count;
        }
    }
    let most_first = |mut messages: Vec<(String, u64)>| {
        messages.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        messages
    };
    let types = types.into_iter().map(|(name, (count, messages))| OfType {
        name,
        count,
        messages: most_first(messages.into_iter().collect()),
    });
    let mut types: Vec<OfType> = types.collect();
    types.sort_by_key(|of_type| std::cmp::Reverse(of_type.count));
    Ok(types)
}
