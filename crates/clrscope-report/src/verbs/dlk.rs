//! `dlk`: deadlocks, who waits behind them, and who waits for tasks.

use std::io;

use clrscope_analyze::{TaskWait, Waiting};
use clrscope_clr::{NameStyle, Types};
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::task_entry::TaskEntry;
use crate::wait_entry::WaitEntry;

/// An object that a thread has locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeldRow {
    /// The object.
    pub object: Address,
    /// The name of its type; `None`, if no object is there.
    pub name: Option<String>,
}

/// A thread that waits for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaiterRow {
    /// Which thread it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// What it waits for.
    pub waits_for: Option<WaitEntry>,
    /// The operating system's number of the thread that it waits for.
    pub blocked_by: Option<u32>,
    /// The objects whose sync blocks say that it holds their locks.
    pub holds: Vec<HeldRow>,
}

/// A deadlock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadlockRow {
    /// The threads, each of which waits for the next, the last for the first.
    pub cycle: Vec<WaiterRow>,
    /// Other threads that cannot go on because of these.
    pub behind: Vec<WaiterRow>,
}

/// A thread that stands still until a task has completed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskWaitRow {
    /// Which thread it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// Whether it is a thread of the pool.
    pub on_pool: bool,
    /// The method that waits.
    pub method: Option<String>,
    /// The task; then what its async method waits for, and so on.
    pub tasks: Vec<TaskEntry>,
}

/// The answer of `dlk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dlk {
    /// How many threads were looked at.
    pub threads: usize,
    /// The deadlocks.
    pub deadlocks: Vec<DeadlockRow>,
    /// Threads that wait for a lock that is held, or for the end of a thread, and are in no deadlock nor
    /// behind one.
    pub blocked: Vec<WaiterRow>,
    /// Threads that wait for tasks.
    pub task_waits: Vec<TaskWaitRow>,
    /// Threads that wait for a lock which is not known.
    pub unknown: Vec<WaiterRow>,
}

impl Dlk {
    /// Says who waits for whom.
    pub fn new(waiting: &Waiting, types: Option<&Types<'_>>, style: NameStyle) -> Dlk {
        let row = |&thread: &usize| WaiterRow::new(waiting, thread, types, style);
        let rows =
            |threads: &[usize]| -> Vec<WaiterRow> { threads.iter().filter_map(row).collect() };
        let found = &waiting.deadlocks;
        let is_in = |thread: &usize| {
            let of = |d: &clrscope_analyze::Deadlock| {
                d.cycle.contains(thread) || d.behind.contains(thread)
            };
            found.deadlocks.iter().any(of)
        };
        let blocked: Vec<usize> = found.blocked.iter().map(|blocked| blocked.thread).collect();
        let others: Vec<usize> = blocked.iter().copied().filter(|t| !is_in(t)).collect();
        let is_unknown = |thread: &usize| {
            let wait = waiting.waits.get(*thread).and_then(Option::as_ref);
            wait.is_some_and(|wait| wait.kind == clrscope_analyze::WaitKind::Lock)
                && !blocked.contains(thread)
        };
        let unknown: Vec<usize> = (0..waiting.stacks.len()).filter(is_unknown).collect();
        Dlk {
            threads: waiting.stacks.len(),
            deadlocks: found
                .deadlocks
                .iter()
                .map(|deadlock| DeadlockRow {
                    cycle: rows(&deadlock.cycle),
                    behind: rows(&deadlock.behind),
                })
                .collect(),
            blocked: rows(&others),
            task_waits: found
                .task_waits
                .iter()
                .filter_map(|wait| TaskWaitRow::new(waiting, wait))
                .collect(),
            unknown: rows(&unknown),
        }
    }
}

impl WaiterRow {
    fn new(
        waiting: &Waiting,
        thread: usize,
        types: Option<&Types<'_>>,
        style: NameStyle,
    ) -> Option<WaiterRow> {
        let stack = waiting.stacks.get(thread)?;
        let by = waiting.deadlocks.blocked.iter().find(|blocked| blocked.thread == thread);
        let by = by.and_then(|blocked| waiting.stacks.get(blocked.by));
        let own = stack.entry.thread.address;
        let held = waiting.held.iter().filter(|lock| lock.owner == Some(own));
        Some(WaiterRow {
            label: ThreadLabel::new(&stack.entry),
            waits_for: WaitEntry::of(waiting, thread),
            blocked_by: by.map(|stack| stack.entry.thread.os_id),
            holds: held
                .map(|lock| HeldRow {
                    object: lock.object.into(),
                    name: types
                        .and_then(|types| types.object(lock.object).ok())
                        .map(|object| object.ty().name_in(style)),
                })
                .collect(),
        })
    }

    fn text(&self, page: &mut Page<'_>, indent: &str) -> io::Result<()> {
        let style = page.style();
        writeln!(page, "{indent}{}", self.label.short())?;
        for held in &self.holds {
            let name = Escaped(held.name.as_deref().unwrap_or("<no object>"));
            writeln!(page, "{indent}  holds     {} {name}", style.address(held.object.into()))?;
        }
        let Some(wait) = &self.waits_for else { return Ok(()) };
        writeln!(page, "{indent}  waits for {}", wait.text(&style))?;
        if let Some(method) = wait.caller.as_deref().or(wait.method.as_deref()) {
            writeln!(page, "{indent}  in        {}", Escaped(method))?;
        }
        Ok(())
    }
}

impl TaskWaitRow {
    fn new(waiting: &Waiting, wait: &TaskWait) -> Option<TaskWaitRow> {
        let stack = waiting.stacks.get(wait.thread)?;
        let entry = WaitEntry::of(waiting, wait.thread);
        Some(TaskWaitRow {
            label: ThreadLabel::new(&stack.entry),
            on_pool: wait.on_pool,
            method: entry.and_then(|entry| entry.caller.or(entry.method)),
            tasks: wait.tasks.iter().map(TaskEntry::new).collect(),
        })
    }

    fn text(&self, page: &mut Page<'_>, style: &Style) -> io::Result<()> {
        writeln!(page, "  {}", self.label.short())?;
        if let Some(method) = &self.method {
            writeln!(page, "    in        {}", Escaped(method))?;
        }
        for (place, task) in self.tasks.iter().enumerate() {
            let what = if place == 0 { "waits for" } else { "that for " };
            writeln!(page, "    {what} {}", task.text(style))?;
        }
        if self.tasks.is_empty() {
            writeln!(page, "    waits for a task that was not found")?;
        }
        Ok(())
    }
}

impl Report for Dlk {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        for (number, deadlock) in self.deadlocks.iter().enumerate() {
            let count = deadlock.cycle.len();
            page.heading(&format!("Deadlock {}: {count} threads wait for each other", number + 1))?;
            for row in &deadlock.cycle {
                row.text(page, "  ")?;
            }
            if !deadlock.behind.is_empty() {
                writeln!(page, "  Behind them, {} more:", deadlock.behind.len())?;
                for row in &deadlock.behind {
                    row.text(page, "    ")?;
                }
            }
            writeln!(page)?;
        }
        if self.threads == 0 {
            return writeln!(page, "Not known: no threads of the runtime were found.");
        }
        if self.deadlocks.is_empty() {
            writeln!(page, "No deadlock: no thread waits, through others, for itself.")?;
        }
        for (what, rows) in [
            ("Waiting for another thread, in no deadlock:", &self.blocked),
            ("Waiting for a lock that was not found:", &self.unknown),
        ] {
            if !rows.is_empty() {
                page.heading(what)?;
                rows.iter().try_for_each(|row| row.text(page, "  "))?;
                writeln!(page)?;
            }
        }
        if !self.task_waits.is_empty() {
            let on_pool = self.task_waits.iter().filter(|wait| wait.on_pool).count();
            page.heading(&format!(
                "Sync over async: {} threads stand still until a task completes, {on_pool} of them of the thread pool",
                self.task_waits.len()
            ))?;
            self.task_waits.iter().try_for_each(|row| row.text(page, &style))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "deadlock",
            "role",
            "os_id",
            "managed_id",
            "name",
            "kind",
            "object",
            "type",
            "blocked_by",
            "method",
        ])?;
        let mut all: Vec<(Option<u64>, &str, &WaiterRow)> = Vec::new();
        for (number, deadlock) in (1..).zip(&self.deadlocks) {
            all.extend(deadlock.cycle.iter().map(|row| (Some(number), "cycle", row)));
            all.extend(deadlock.behind.iter().map(|row| (Some(number), "behind", row)));
        }
        all.extend(self.blocked.iter().map(|row| (None, "blocked", row)));
        all.extend(self.unknown.iter().map(|row| (None, "unknown", row)));
        for (number, role, row) in all {
            let wait = row.waits_for.as_ref();
            rows.row(&[
                Cell::optional_number(number),
                Cell::Text(role),
                Cell::Number(row.label.os_id.into()),
                Cell::Number(row.label.managed_id.into()),
                Cell::optional(row.label.name.as_deref()),
                Cell::optional(wait.map(|wait| wait.kind)),
                wait.and_then(|wait| wait.object).map_or(Cell::Empty, Cell::from),
                Cell::optional(wait.and_then(|wait| wait.name.as_deref())),
                Cell::optional_number(row.blocked_by.map(u64::from)),
                Cell::optional(wait.and_then(|wait| wait.caller.as_deref())),
            ])?;
        }
        for row in &self.task_waits {
            let task = row.tasks.first();
            rows.row(&[
                Cell::Empty,
                Cell::Text("task"),
                Cell::Number(row.label.os_id.into()),
                Cell::Number(row.label.managed_id.into()),
                Cell::optional(row.label.name.as_deref()),
                Cell::Text("task"),
                task.map_or(Cell::Empty, |task| task.address.into()),
                Cell::optional(task.map(|task| task.name.as_str())),
                Cell::Empty,
                Cell::optional(row.method.as_deref()),
            ])?;
        }
        Ok(())
    }
}
