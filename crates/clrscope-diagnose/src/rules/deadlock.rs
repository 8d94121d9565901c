//! Threads that wait for each other.

use clrscope_analyze::{Facts, ThreadStack, Wait};
use clrscope_memory::Control;

use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};

pub(super) const RULE: Rule = Rule { id: "deadlock", look };

fn look(facts: &Facts<'_, '_>, _: &Control<'_>) -> Found {
    let waiting = &facts.waiting()?.value;
    let stacks = &waiting.stacks;
    let mut found = Vec::new();
    for deadlock in &waiting.deadlocks.deadlocks {
        let name = |&thread: &usize| stacks.get(thread).map_or_else(String::new, thread_name);
        let names: Vec<String> = deadlock.cycle.iter().map(name).collect();
        let mut evidence = Vec::new();
        for (place, thread) in deadlock.cycle.iter().enumerate() {
            let wait = waiting.waits.get(*thread).and_then(Option::as_ref);
            let next = deadlock.cycle.get((place + 1) % deadlock.cycle.len());
            let (Some(stack), Some(wait), Some(next)) = (stacks.get(*thread), wait, next) else {
                continue;
            };
            evidence.push(format!(
                "{} {}, which {} has",
                name(thread),
                waits_for(stack, wait),
                name(next)
            ));
        }
        if !deadlock.behind.is_empty() {
            let behind: Vec<String> = deadlock.behind.iter().map(name).collect();
            evidence.push(format!("behind them wait {}", behind.join(", ")));
        }
        let all = deadlock.cycle.len() + deadlock.behind.len();
        found.push(Finding {
            id: RULE.id,
            severity: Severity::Error,
            // Nothing is graver: these threads never go on.
            weight: u64::MAX,
            title: format!("Deadlock: {} wait for each other", names.join(" and ")),
            owner: deadlock
                .cycle
                .first()
                .and_then(|&thread| waiting.waits.get(thread)?.as_ref()?.object.as_ref())
                .map(|object| object.name.clone()),
            evidence: evidence
                .into_iter()
                .chain([format!("{all} threads stand still in all")])
                .collect(),
            next: Command::new("dlk", ""),
        });
    }
    Ok(found)
}

/// A thread as people call it.
pub(super) fn thread_name(stack: &ThreadStack) -> String {
    let number = stack.entry.thread.os_id;
    match &stack.entry.name {
        Some(name) => format!("thread {number:#x} \"{name}\""),
        None => format!("thread {number:#x}"),
    }
}

/// What a thread waits for, and where.
pub(super) fn waits_for(stack: &ThreadStack, wait: &Wait) -> String {
    let object = wait.object.as_ref();
    let object = object.map_or_else(
        || format!("waits ({})", wait.kind.name()),
        |object| format!("waits for the {} at {}", object.name, object.address),
    );
    let caller = wait.caller.and_then(|caller| stack.frames.get(caller));
    let method = caller.and_then(|frame| {
        frame.plain.as_ref().map(ToString::to_string).or_else(|| frame.method.clone())
    });
    method.map_or(object.clone(), |method| format!("{object} in {method}"))
}
