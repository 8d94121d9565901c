//! Finalizers do not run, or not fast enough.

use clrscope_analyze::{Facts, FinalizerVerdict, Grouped};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{by_type, count, listed};

pub(super) const RULE: Rule = Rule { id: "finalizer", look };

/// Objects that wait although the finalizer thread runs: more than one collection leaves behind.
const MIN_BEHIND: u64 = 10_000;

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let finalization = &facts.finalization(control)?.value;
    let labels = &facts.labels(control)?.value;
    let ready = finalization.ready.len() as u64;
    let types = by_type(finalization.ready.iter().map(|ready| ready.object));
    let thread = match facts.finalizer_thread() {
        Ok(thread) => thread,
        // So many that wait are worth a word, whatever the thread does.
        Err(_) if ready >= MIN_BEHIND => None,
        Err(why) => return Err(why),
    };
    let waiting = format!(
        "{} for finalization: {}",
        count(ready, "object waits", "objects wait"),
        listed(&types, labels, 4)
    );
    if let Some(thread) = thread.as_ref().filter(|it| it.verdict == FinalizerVerdict::Blocked) {
        let culprit = thread.method.as_deref().unwrap_or("an unknown method").to_owned();
        let mut evidence = Vec::new();
        if let Some(wait) = &thread.wait {
            let frame = thread.stack.frames.get(wait.frame);
            let method = frame.and_then(|frame| frame.plain.as_ref());
            let method = method.map_or_else(|| wait.kind.name().to_owned(), ToString::to_string);
            let object = wait.object.as_ref();
            let object = object
                .map_or_else(String::new, |it| format!(", for the {} at {}", it.name, it.address));
            evidence.push(format!("it waits in {method}{object}"));
        }
        if let Some(ty) = &thread.finalizes {
            evidence.push(format!("the finalizer that runs is that of {ty}"));
        }
        evidence.extend((ready > 0).then_some(waiting));
        return Ok(vec![Finding {
            id: "finalizer-blocked",
            severity: Severity::Error,
            weight: ready.saturating_mul(Finding::THING),
            title: format!("The finalizer thread is blocked in {culprit}"),
            owner: Some(culprit),
            evidence,
            next: Command::new("finalizequeue", ""),
        }]);
    }
    if ready < MIN_BEHIND {
        return Ok(Vec::new());
    }
    let owner = types.first().map(|&(ty, _)| labels.name(ty).to_owned());
    let place = match &thread {
        Some(thread) => {
            format!("it is in {}", thread.method.as_deref().unwrap_or("no managed code"))
        }
        None => "what it does is not known".to_owned(),
    };
    Ok(vec![Finding {
        id: "finalizer-behind",
        severity: Severity::Warning,
        weight: ready.saturating_mul(Finding::THING),
        title: format!("The finalizer thread is behind: {} objects wait", Grouped(ready)),
        owner,
        evidence: vec![waiting, place],
        next: Command::new("finalizequeue", ""),
    }])
}
