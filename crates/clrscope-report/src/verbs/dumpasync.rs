//! `dumpasync`: async methods that have not ended, with who waits for them.

use std::collections::BTreeMap;
use std::io;

use clrscope_analyze::{AsyncFrame, AsyncObjects, AsyncStack, AsyncTypeCount, Awaited, Waiting};
use serde::Serialize;

use super::gcroot::PathEntry;
use super::threads::ThreadLabel;
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};
use crate::path_entry::write_chain;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A field of an async method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldText {
    /// Its name.
    pub name: String,
    /// Its value as text.
    pub value: String,
}

/// A task or an async method in a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsyncFrameRow {
    /// How far it is from the top: who waits for it is one deeper.
    pub depth: u32,
    /// How many that look the same and wait for the same were merged.
    pub count: u64,
    /// The object.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// The name of its type.
    pub name: String,
    /// The async method that it keeps running.
    pub method: Option<String>,
    /// The method that a task or a delegate runs.
    pub runs: Option<String>,
    /// The state of a task, as `Task.Status` has it.
    pub status: Option<&'static str>,
    /// Of an async method: the number of the `await` that it waits in; -1 while it runs.
    pub await_number: Option<i32>,
    /// The thread that stands still until the task has completed: sync over async.
    pub waiting_thread: Option<ThreadLabel>,
    /// Parameters and variables of an async method, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldText>,
}

/// What an async method waits for that is no task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AwaitedEntry {
    /// The object behind the awaiter, if it has one.
    pub address: Option<Address>,
    /// The name of its type, or of the awaiter's.
    pub name: String,
    /// The state of a task.
    pub status: Option<&'static str>,
}

/// Async stacks that look the same.
#[derive(Debug, Clone, Serialize)]
pub struct AsyncStackRow {
    /// How many there are.
    pub count: u64,
    /// What the first of their methods waits for, where that is no frame.
    pub awaits: Option<AwaitedEntry>,
    /// The frames of the first: what has to end first, then who waits for that.
    pub frames: Vec<AsyncFrameRow>,
    /// How many frames were left out.
    pub hidden: u64,
    /// The objects at the top of some of them.
    pub samples: Vec<Address>,
    /// What keeps the first alive, where that was asked for; none if nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roots: Option<Vec<PathEntry>>,
}

/// The tasks or async methods of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AsyncTypeRow {
    /// Its method table.
    pub mt: Address,
    /// How many there are.
    pub count: u64,
    /// Bytes that they take themselves.
    pub bytes: u64,
    /// Its name.
    pub name: String,
    /// The async method that it keeps running.
    pub method: Option<String>,
    /// How many wait in which `await`; -1 are running.
    pub awaits: BTreeMap<i32, u64>,
}

/// The answer of `dumpasync`.
#[derive(Debug, Clone, Serialize)]
pub struct DumpAsync {
    /// How many async methods have not ended.
    pub running_methods: u64,
    /// How many other tasks have not ended.
    pub running_tasks: u64,
    /// How many have ended.
    pub completed: u64,
    /// The tasks and async methods that were asked for, by type; the most numerous first.
    pub types: Vec<AsyncTypeRow>,
    /// The stacks; `None` if only types were asked for.
    pub stacks: Option<Vec<AsyncStackRow>>,
    /// Stacks that text shows.
    #[serde(skip)]
    pub limit: usize,
}

impl DumpAsync {
    /// Says what async methods wait for.
    pub fn new(
        objects: &AsyncObjects,
        types: &[AsyncTypeCount],
        stacks: Option<Vec<AsyncStackRow>>,
        limit: usize,
    ) -> DumpAsync {
        let row = |count: &AsyncTypeCount| AsyncTypeRow {
            mt: count.method_table.into(),
            count: count.count,
            bytes: count.bytes,
            name: count.name.clone(),
            method: count.method.clone(),
            awaits: count.awaits.clone(),
        };
        DumpAsync {
            running_methods: objects.running_methods,
            running_tasks: objects.running_tasks,
            completed: objects.completed,
            types: types.iter().map(row).collect(),
            stacks,
            limit,
        }
    }
}

impl AsyncStackRow {
    /// The entry of a stack; `waiting` are the threads.
    pub fn new(
        stack: &AsyncStack,
        waiting: &Waiting,
        roots: Option<Vec<PathEntry>>,
    ) -> AsyncStackRow {
        AsyncStackRow {
            count: stack.count,
            awaits: stack.awaits.as_ref().map(AwaitedEntry::new),
            frames: stack.frames.iter().map(|frame| AsyncFrameRow::new(frame, waiting)).collect(),
            hidden: stack.hidden,
            samples: stack.samples.iter().map(|&sample| sample.into()).collect(),
            roots,
        }
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        match self.count {
            1 => page.heading("1 stack:")?,
            count => page.heading(&format!("{} stacks that look the same:", Grouped(count)))?,
        }
        if let Some(awaited) = &self.awaits {
            let address = awaited.address.map(|at| format!("{} ", style.address(at.into())));
            let status = awaited.status.map(|status| format!(" ({status})"));
            let (address, status) = (address.unwrap_or_default(), status.unwrap_or_default());
            writeln!(page, "  waits for {address}{}{status}", Escaped(&awaited.name))?;
        }
        for frame in &self.frames {
            frame.text(page, &style)?;
        }
        if self.hidden > 0 {
            writeln!(page, "  ... {} more frames", Grouped(self.hidden))?;
        }
        for path in self.roots.iter().flatten() {
            writeln!(page, "  kept alive by {}", path.root.line())?;
            write_chain(&path.chain, page)?;
        }
        if self.roots.as_ref().is_some_and(Vec::is_empty) {
            writeln!(page, "  nothing keeps it alive: it will never go on")?;
        }
        Ok(())
    }
}

impl AwaitedEntry {
    fn new(awaited: &Awaited) -> AwaitedEntry {
        AwaitedEntry {
            address: awaited.address.map(Address::from),
            name: awaited.name.clone(),
            status: awaited.state.map(|state| state.name()),
        }
    }
}

impl AsyncFrameRow {
    fn new(frame: &AsyncFrame, waiting: &Waiting) -> AsyncFrameRow {
        let waits = |wait: &&clrscope_analyze::TaskWait| {
            wait.tasks.first().is_some_and(|task| task.address == frame.address)
        };
        let wait = waiting.deadlocks.task_waits.iter().find(waits);
        let thread = wait.and_then(|wait| waiting.stacks.get(wait.thread));
        let fields = frame.fields.iter();
        AsyncFrameRow {
            depth: frame.depth,
            count: frame.count,
            address: frame.address.into(),
            mt: frame.method_table.into(),
            name: frame.name.clone(),
            method: frame.method.clone(),
            runs: frame.runs.clone(),
            status: frame.state.map(|state| state.name()),
            await_number: frame.await_number,
            waiting_thread: thread.map(|stack| ThreadLabel::new(&stack.entry)),
            fields: fields
                .map(|(name, value)| FieldText { name: name.clone(), value: value.clone() })
                .collect(),
        }
    }

    fn text(&self, page: &mut Page<'_>, style: &Style) -> io::Result<()> {
        // Deep chains stay readable: the indentation ends somewhere.
        let indent = " ".repeat(2 * (1 + self.depth.min(30) as usize));
        let name = Escaped(self.method.as_deref().unwrap_or(&self.name));
        write!(page, "{indent}{} {name}", style.address(self.address.into()))?;
        match (self.await_number, self.status) {
            (Some(-1), _) => write!(page, " (running)")?,
            (Some(number), _) if number >= 0 => write!(page, " (await {number})")?,
            (_, Some(status)) => write!(page, " ({status})")?,
            _ => {}
        }
        if let Some(method) = &self.runs {
            write!(page, " {{{}}}", Escaped(method))?;
        }
        if self.count > 1 {
            write!(page, ", and {} more like it", Grouped(self.count - 1))?;
        }
        writeln!(page)?;
        for field in &self.fields {
            writeln!(page, "{indent}    {} = {}", Escaped(&field.name), Escaped(&field.value))?;
        }
        if let Some(thread) = &self.waiting_thread {
            writeln!(page, "{indent}  sync over async: waited for by thread {}", thread.short())?;
        }
        Ok(())
    }
}

impl DumpAsync {
    fn summary(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(
            page,
            "Async methods that have not ended: {}; other tasks: {}; ended: {}.",
            Grouped(self.running_methods),
            Grouped(self.running_tasks),
            Grouped(self.completed)
        )
    }

    fn type_table(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.types.is_empty() {
            return Ok(());
        }
        let mut table = Columns::new(&[
            ("MT", Align::Left),
            ("Count", Align::Right),
            ("TotalSize", Align::Right),
            ("Awaits", Align::Left),
            ("Method or class name", Align::Left),
        ]);
        let style = page.style();
        for row in &self.types {
            let awaits = row.awaits.iter().map(|(number, count)| format!("{number}: {count}"));
            table.row([
                &style.address(row.mt.into()) as &dyn std::fmt::Display,
                &Grouped(row.count),
                &Grouped(row.bytes),
                &awaits.collect::<Vec<_>>().join(", "),
                &Escaped(row.method.as_deref().unwrap_or(&row.name)),
            ]);
        }
        table.write(page)
    }
}

impl Report for DumpAsync {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.summary(page)?;
        let Some(stacks) = &self.stacks else {
            writeln!(page)?;
            return self.type_table(page);
        };
        for stack in stacks.iter().take(self.limit) {
            writeln!(page)?;
            stack.text(page)?;
        }
        let hidden = stacks.len().saturating_sub(self.limit);
        if hidden > 0 {
            writeln!(page)?;
            writeln!(page, "{} more kinds of stacks; -limit shows them", Grouped(hidden as u64))?;
        }
        if !self.types.is_empty() {
            writeln!(page)?;
            page.heading("By method:")?;
            self.type_table(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        let Some(stacks) = &self.stacks else {
            rows.header(&["mt", "count", "bytes", "method", "name"])?;
            return self.types.iter().try_for_each(|row| {
                rows.row(&[
                    row.mt.into(),
                    Cell::Number(row.count),
                    Cell::Number(row.bytes),
                    Cell::optional(row.method.as_deref()),
                    Cell::Text(&row.name),
                ])
            });
        };
        rows.header(&[
            "stack", "stacks", "depth", "count", "address", "mt", "status", "await", "method",
            "name",
        ])?;
        for (number, stack) in (1..).zip(stacks) {
            for frame in &stack.frames {
                rows.row(&[
                    Cell::Number(number),
                    Cell::Number(stack.count),
                    Cell::Number(frame.depth.into()),
                    Cell::Number(frame.count),
                    frame.address.into(),
                    frame.mt.into(),
                    Cell::optional(frame.status),
                    frame.await_number.map_or(Cell::Empty, |n| Cell::Integer(n.into())),
                    Cell::optional(frame.method.as_deref().or(frame.runs.as_deref())),
                    Cell::Text(&frame.name),
                ])?;
            }
        }
        Ok(())
    }
}
