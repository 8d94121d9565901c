//! The finalizer thread: what it does, and what that holds up.

use std::io;

use clrscope_analyze::{FinalizerThread, FinalizerVerdict};
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;
use crate::verbs::clrstack::FrameRow;
use crate::wait_entry::WaitEntry;

/// The finalizer thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FinalizerRow {
    /// The operating system's number of it; `None`, if the dump does not say which it is.
    pub os_id: Option<u32>,
    /// The runtime's number of it.
    pub managed_id: Option<u32>,
    /// Its frames, innermost first.
    pub frames: Vec<FrameRow>,
    /// `idle`, `running`, `blocked` or `unknown`.
    pub verdict: &'static str,
    /// The method that it is in: the innermost that does not belong to a wait.
    #[serde(rename = "in")]
    pub method: Option<String>,
    /// The type whose finalizer runs.
    pub finalizes: Option<String>,
    /// What that waits for.
    pub waits_for: Option<WaitEntry>,
}

impl FinalizerRow {
    pub(super) fn new(thread: Option<&FinalizerThread>) -> FinalizerRow {
        let Some(thread) = thread else {
            return FinalizerRow {
                os_id: None,
                managed_id: None,
                frames: Vec::new(),
                verdict: FinalizerVerdict::Unknown.name(),
                method: None,
                finalizes: None,
                waits_for: None,
            };
        };
        let stack = &thread.stack;
        FinalizerRow {
            os_id: Some(stack.entry.thread.os_id),
            managed_id: Some(stack.entry.thread.managed_id),
            frames: stack.frames.iter().map(FrameRow::new).collect(),
            verdict: thread.verdict.name(),
            method: thread.method.clone(),
            finalizes: thread.finalizes.clone(),
            waits_for: thread.wait.as_ref().map(|wait| WaitEntry::new(stack, wait)),
        }
    }

    /// One line, and one more for what it waits for. `ready` objects wait for it.
    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let Some(os_id) = self.os_id else {
            return writeln!(page, "Finalizer thread: unknown, the dump does not say which it is");
        };
        let mut line = format!("Finalizer thread: {}", self.verdict);
        if let Some(method) = &self.method {
            line.push_str(&format!(" in {}", Escaped(method)));
        }
        line.push_str(&format!(" (OS Thread Id: {os_id:#x})"));
        if self.verdict == FinalizerVerdict::Blocked.name() {
            page.warning(line)?;
        } else {
            writeln!(page, "{line}")?;
        }
        if let Some(finalizes) = &self.finalizes {
            writeln!(page, "  runs the finalizer of {}", Escaped(finalizes))?;
        }
        if let Some(wait) = &self.waits_for {
            writeln!(page, "  waits for {}", wait.text(&style))?;
        }
        if self.verdict == FinalizerVerdict::Blocked.name() {
            writeln!(page, "  Until it goes on, no other finalizer runs.")?;
        }
        Ok(())
    }
}
