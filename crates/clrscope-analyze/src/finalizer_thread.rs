//! What the finalizer thread does.

use clrscope_clr::Runtime;
use clrscope_clr::stack::GcMode;

use crate::thread_stacks::{Frame, ThreadStack};
use crate::wait_rules::passes_on;
use crate::waits::Wait;

/// What the finalizer thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FinalizerVerdict {
    /// It waits for work.
    Idle,
    /// It runs a finalizer.
    Running,
    /// A finalizer waits for something: as long as it does, no other one runs.
    Blocked,
    /// The capture does not say.
    Unknown,
}

impl FinalizerVerdict {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            FinalizerVerdict::Idle => "idle",
            FinalizerVerdict::Running => "running",
            FinalizerVerdict::Blocked => "blocked",
            FinalizerVerdict::Unknown => "unknown",
        }
    }
}

/// The finalizer thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinalizerThread {
    /// Its stack.
    pub stack: ThreadStack,
    /// What it does.
    pub verdict: FinalizerVerdict,
    /// The method that it is in: the innermost that does not belong to a wait. `None` if it is idle.
    pub method: Option<String>,
    /// The type whose finalizer runs.
    pub finalizes: Option<String>,
    /// What that waits for, if it is known.
    pub wait: Option<Wait>,
}

/// Modules in which threads are while they wait for the operating system.
const SYSTEM_CALLS: [&str; 2] = ["ntdll.dll", "win32u.dll"];

/// Says what the finalizer thread does, from its stack and what it waits for.
pub fn finalizer_thread(
    runtime: &Runtime<'_>,
    stack: ThreadStack,
    wait: Option<Wait>,
) -> FinalizerThread {
    let managed: Vec<&Frame> =
        stack.frames.iter().filter(|frame| frame.explicit.is_none()).collect();
    let snapshot = runtime.snapshot();
    let record = snapshot.thread(stack.entry.thread.os_id);
    let registers = record.and_then(|record| record.registers.as_ref());
    let finalizes = managed.iter().rev().find_map(|frame| {
        let method = frame.plain.as_ref().filter(|method| method.name == "Finalize")?;
        Some(method.owner.clone())
    });
    let is_own = |frame: &&&Frame| frame.plain.as_ref().is_none_or(|method| !passes_on(method));
    let innermost = match wait.as_ref().and_then(|wait| wait.caller) {
        Some(caller) => stack.frames.get(caller),
        None => managed.iter().find(is_own).or(managed.first()).copied(),
    };
    let method = innermost.and_then(|frame| {
        frame.plain.as_ref().map(ToString::to_string).or_else(|| frame.method.clone())
    });
    let in_system = registers.is_some_and(|registers| {
        let module = snapshot.module_at(registers.instruction_pointer());
        module.is_some_and(|module| {
            SYSTEM_CALLS.iter().any(|name| module.file_name().eq_ignore_ascii_case(name))
        })
    });
    let verdict = if registers.is_none() {
        FinalizerVerdict::Unknown
    } else if managed.is_empty() {
        FinalizerVerdict::Idle
    } else if wait.is_some() || (in_system && stack.entry.thread.gc_mode == GcMode::Preemptive) {
        FinalizerVerdict::Blocked
    } else {
        FinalizerVerdict::Running
    };
    FinalizerThread { stack, verdict, method, finalizes, wait }
}
