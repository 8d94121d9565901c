//! Finalizers do not run, or not fast enough.

use clrscope_analyze::{Facts, Frame, is_of_framework};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::{by_type, count, grouped, listed};

pub(super) const RULE: Rule = Rule { id: "finalizer", look };

/// Objects that wait although the finalizer thread runs: more than one collection leaves behind.
const MIN_BEHIND: u64 = 10_000;

/// Methods of the base library in which a thread waits for another.
const WAITS: [&str; 10] = [
    "System.Threading.WaitHandle.",
    "System.Threading.Monitor.",
    "System.Threading.Thread.Join",
    "System.Threading.Thread.Sleep",
    "System.Threading.Tasks.Task.Wait",
    "System.Threading.Tasks.Task.InternalWait",
    "System.Threading.ManualResetEventSlim.Wait",
    "System.Threading.SemaphoreSlim.Wait",
    "System.Threading.SpinWait.",
    "System.Threading.Lock.",
];

fn look(facts: &Facts<'_, '_>, control: &Control<'_>) -> Found {
    let finalization = &facts.finalization(control)?.value;
    let labels = &facts.labels(control)?.value;
    let ready = finalization.ready.len() as u64;
    let types = by_type(finalization.ready.iter().map(|ready| ready.object));
    let stacks = &facts.stacks()?.value;
    let thread = stacks.iter().find(|stack| stack.entry.thread.is_finalizer);
    let frames = thread.map_or(&[][..], |stack| &stack.frames);
    let waiting = format!(
        "{} for finalization: {}",
        count(ready, "object waits", "objects wait"),
        listed(&types, labels, 4)
    );
    if let Some((wait, culprit)) = blocked(frames) {
        let mut evidence = vec![format!("it waits in {wait}, called by {culprit}")];
        if let Some(finalizer) = frames.iter().filter_map(name).find(|name| is_finalizer(name)) {
            evidence.push(format!("the finalizer that runs is {finalizer}"));
        }
        evidence.push(waiting);
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
    let running = frames.iter().filter_map(name).next().unwrap_or("no managed code");
    Ok(vec![Finding {
        id: "finalizer-behind",
        severity: Severity::Warning,
        weight: ready.saturating_mul(Finding::THING),
        title: format!("The finalizer thread is behind: {} objects wait", grouped(ready)),
        owner,
        evidence: vec![waiting, format!("it is in {running}")],
        next: Command::new("finalizequeue", ""),
    }])
}

/// The method of a frame.
fn name(frame: &Frame) -> Option<&str> {
    frame.method.as_deref()
}

fn is_finalizer(name: &str) -> bool {
    name.split('(').next().is_some_and(|name| name.ends_with(".Finalize"))
}

/// Where a thread that runs a finalizer waits, and the method of the program that made it wait: without
/// parameters. `None`, if it runs no finalizer or does not wait.
fn blocked(frames: &[Frame]) -> Option<(String, String)> {
    let named: Vec<(&str, &Frame)> =
        frames.iter().filter_map(|frame| Some((name(frame)?, frame))).collect();
    let (innermost, _) = *named.first()?;
    if !named.iter().any(|(name, _)| is_finalizer(name))
        || !WAITS.iter().any(|wait| innermost.starts_with(wait))
    {
        return None;
    }
    let of_program =
        |frame: &Frame| frame.module.as_deref().is_some_and(|module| !is_of_framework(module));
    let (culprit, _) = named
        .iter()
        .find(|(_, frame)| of_program(frame))
        .or_else(|| named.iter().find(|(name, _)| is_finalizer(name)))?;
    let short = |name: &str| name.split('(').next().unwrap_or(name).to_owned();
    Some((short(innermost), short(culprit)))
}
