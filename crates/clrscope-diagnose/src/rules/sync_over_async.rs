//! Threads that stand still until a task has completed.

use clrscope_analyze::Facts;
use clrscope_memory::Control;

use super::deadlock::{thread_name, waits_for};
use super::{Found, Rule};
use crate::finding::{Command, Finding, Severity};
use crate::text::count;

pub(super) const RULE: Rule = Rule { id: "sync-over-async", look };

/// Blocked threads of the pool from which on it starves: it makes one or two new ones in a second.
const STARVED: usize = 8;
/// Threads that are named.
const SHOWN: usize = 4;

fn look(facts: &Facts<'_, '_>, _: &Control<'_>) -> Found {
    let waiting = &facts.waiting()?.value;
    let stacks = &waiting.stacks;
    // A thread of the program's own may wait for a task: that is what it is for.
    let on_pool: Vec<usize> = waiting
        .deadlocks
        .task_waits
        .iter()
        .filter(|wait| wait.on_pool)
        .map(|wait| wait.thread)
        .collect();
    if on_pool.is_empty() {
        return Ok(Vec::new());
    }
    let workers = stacks.iter().filter(|stack| stack.entry.is_pool_worker()).count();
    let starved = on_pool.len() >= STARVED && on_pool.len() * 2 >= workers;
    let mut evidence = vec![format!(
        "{} of {} of the pool wait for a task: until it completes they do no work",
        on_pool.len(),
        count(workers as u64, "thread", "threads")
    )];
    let mut owner = None;
    for &thread in on_pool.iter().take(SHOWN) {
        let wait = waiting.waits.get(thread).and_then(Option::as_ref);
        let (Some(stack), Some(wait)) = (stacks.get(thread), wait) else { continue };
        evidence.push(format!("{} {}", thread_name(stack), waits_for(stack, wait)));
        owner = owner.or_else(|| {
            let frame = stack.frames.get(wait.caller?)?;
            Some(frame.plain.as_ref()?.to_string())
        });
    }
    Ok(vec![Finding {
        id: RULE.id,
        severity: Severity::Warning,
        weight: (on_pool.len() as u64).saturating_mul(Finding::THING),
        title: if starved {
            format!("The thread pool starves: {} of its threads wait for tasks", on_pool.len())
        } else {
            format!(
                "Sync over async: {} for a task",
                count(on_pool.len() as u64, "thread of the pool waits", "threads of the pool wait")
            )
        },
        owner,
        evidence,
        next: Command::new("clrstack", "-all"),
    }])
}
