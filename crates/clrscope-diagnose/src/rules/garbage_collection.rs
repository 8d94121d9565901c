//! The dump was taken during a collection.

use clrscope_analyze::{Facts, Unavailable};
use clrscope_clr::GcVar;
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};

pub(super) const RULE: Rule = Rule { id: "garbage-collection", look };

fn look(facts: &Facts<'_, '_>, _: &Control<'_>) -> Found {
    let runtime = facts.runtime()?;
    let count = runtime
        .gc_dac_vars()
        .and_then(|vars| vars.variable(GcVar::StructureInvalidCount))
        .and_then(|address| facts.snapshot().space.read_u32(address));
    let Some(count) = count else {
        return Err(Unavailable::Absent(
            "the runtime does not say whether a collection was at work".to_owned(),
        ));
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: 0,
        title: "The dump was taken during a garbage collection".to_owned(),
        owner: None,
        evidence: vec![
            "objects were being moved: what is said of the heap can be wrong in places".to_owned(),
            "take another dump if figures matter".to_owned(),
        ],
        next: Command::new("verifyheap", ""),
    }])
}
