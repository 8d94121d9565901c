//! A task, as every verb that names one shows it.

use clrscope_analyze::TaskLabel;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Style;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskEntry {
    /// The task.
    pub address: Address,
    /// The name of its type.
    pub name: String,
    /// The async method that it is of.
    pub method: Option<String>,
    /// Its state, as `Task.Status` has it.
    pub status: Option<&'static str>,
    /// Of an async method: the number of the `await` that it waits in; -1 while it runs.
    pub await_number: Option<i32>,
}

impl TaskEntry {
    pub(crate) fn new(task: &TaskLabel) -> TaskEntry {
        TaskEntry {
            address: task.address.into(),
            name: task.name.clone(),
            method: task.method.clone(),
            status: task.state.map(|state| state.name()),
            await_number: task.await_number,
        }
    }

    /// In a few words: `00007f2e3640d750 Cases.Bank.Convert (WaitingForActivation, await 0)`.
    pub(crate) fn text(&self, style: &Style) -> String {
        let name = self.method.as_deref().unwrap_or(&self.name);
        let status = self.status.unwrap_or("state unknown");
        let awaits = match self.await_number {
            Some(number) if number >= 0 => format!(", await {number}"),
            _ => String::new(),
        };
        format!("{} {} ({status}{awaits})", style.address(self.address.into()), Escaped(name))
    }
}
