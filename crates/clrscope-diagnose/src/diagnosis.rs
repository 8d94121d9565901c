//! Asks every rule.

use std::cmp::Reverse;

use clrscope_analyze::{Facts, Unavailable};
use clrscope_memory::{Control, Interrupted};

use crate::finding::Finding;
use crate::rules::RULES;

/// What all rules say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// Findings, the gravest first; of the same severity the weightiest.
    pub findings: Vec<Finding>,
    /// Rules that the dump does not support, in alphabetical order.
    pub skipped: Vec<Skipped>,
    /// Why not all rules came to their end, if they did not.
    pub interrupted: Option<Interrupted>,
}

/// A rule that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The rule.
    pub id: &'static str,
    /// Why: one clause.
    pub reason: String,
}

/// Asks every rule that the dump supports. A rule that is stopped by `control` counts as skipped.
pub fn diagnose(facts: &Facts<'_, '_>, control: &Control<'_>) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    for rule in RULES {
        match (rule.look)(facts, control) {
            Ok(found) => diagnosis.findings.extend(found),
            Err(why) => {
                if let Unavailable::Interrupted(reason) = why {
                    diagnosis.interrupted = Some(reason);
                }
                diagnosis.skipped.push(Skipped { id: rule.id, reason: why.to_string() });
            }
        }
    }
    diagnosis.findings.sort_by_key(|finding| {
        (Reverse((finding.severity, finding.weight)), finding.id, finding.title.clone())
    });
    diagnosis
}

/// The names of all rules, in alphabetical order.
pub fn rule_ids() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.id)
}
