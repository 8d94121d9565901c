//! The heap is not sound.

use clrscope_analyze::{Facts, Grouped};
use clrscope_clr::FaultKind;
use clrscope_memory::{Control, IssueKind};

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::count;

pub(super) const RULE: Rule = Rule { id: "heap-corruption", look };

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let found = &facts.verification(control)?.value;
    // What the dump does not hold is no corruption, and what refers to it cannot be judged.
    let mut faults = found.faults.iter().filter(|fault| !fault.kind.is_absence());
    let kinds = found.kinds.iter().filter(|(kind, _)| !FaultKind::ABSENCES.contains(kind));
    let all = found.count.saturating_sub(found.absences());
    if all == 0 {
        return Ok(Vec::new());
    }
    let objects = facts.objects(control)?;
    let is_gap = |kind: IssueKind| {
        matches!(kind, IssueKind::TornObject | IssueKind::MissingMemory | IssueKind::BadValue)
    };
    let mut issues = objects.issues().iter().chain(objects.heap().issues());
    let was_moving = issues.any(|issue| is_gap(issue.kind));
    let kinds: Vec<String> =
        kinds.map(|(kind, count)| format!("{} {kind}", Grouped(*count))).collect();
    let mut evidence = vec![format!(
        "{} in {} objects and {} references: {}",
        count(all, "fault", "faults"),
        Grouped(found.objects),
        Grouped(found.references),
        kinds.join(", ")
    )];
    evidence.extend(faults.next().map(|first| format!("the first is at {}", first.object)));
    let (severity, title) = if was_moving {
        evidence.push(
            "stretches of the heap are torn or absent: the process ran while the dump was written, or \
             memory was overwritten"
                .to_owned(),
        );
        (Severity::Warning, "The heap is not sound, or was moving while the dump was written")
    } else {
        (Severity::Error, "The heap is corrupt")
    };
    Ok(vec![Finding {
        id: RULE.id,
        severity,
        weight: 0,
        title: title.to_owned(),
        owner: None,
        evidence,
        next: Command::new("verifyheap", ""),
    }])
}
