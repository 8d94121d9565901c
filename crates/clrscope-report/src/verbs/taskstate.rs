//! `taskstate`: what the flags of a task say.

use std::io;

use clrscope_analyze::TaskLabel;
use clrscope_clr::TaskState;
use serde::Serialize;

use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::task_entry::TaskEntry;

/// The answer of `taskstate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskStateReport {
    /// The flags: `m_stateFlags`.
    pub flags: Address,
    /// The state, as `Task.Status` has it.
    pub status: &'static str,
    /// Whether nothing more will happen.
    pub completed: bool,
    /// The task; then what its async method waits for, and so on. Empty if only flags were given.
    pub tasks: Vec<TaskEntry>,
}

impl TaskStateReport {
    /// What `flags` say, of the first of `tasks` if there is one.
    pub fn new(flags: u32, tasks: &[TaskLabel]) -> TaskStateReport {
        let state = TaskState::from_flags(flags);
        TaskStateReport {
            flags: Address(flags.into()),
            status: state.name(),
            completed: state.is_completed(),
            tasks: tasks.iter().map(TaskEntry::new).collect(),
        }
    }
}

impl Report for TaskStateReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        writeln!(page, "Task state: {} (flags {:#x})", self.status, self.flags.0)?;
        for (place, task) in self.tasks.iter().enumerate() {
            let what = if place == 0 { "Task:      " } else { "waits for: " };
            writeln!(page, "{what} {}", task.text(&style))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["flags", "status"])?;
        rows.row(&[self.flags.into(), Cell::Text(self.status)])
    }
}
