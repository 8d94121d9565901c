//! `tpq`: what is queued for the thread pool.

use std::io;

use clrscope_analyze::{WorkGroup, WorkItem, work_groups};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// Something that a thread of the pool is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkItemRow {
    /// Where it waits: `high-priority`, `global`, `assigned`, `low-priority` or `local`.
    pub queue: &'static str,
    /// The item.
    pub address: Address,
    /// The name of its type.
    pub name: String,
    /// The method that it runs, if that is known.
    pub method: Option<String>,
}

/// Items that do the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkGroupRow {
    /// How many.
    pub count: u64,
    /// Where they wait.
    pub queue: &'static str,
    /// The name of their type.
    pub name: String,
    /// The method that they run.
    pub method: Option<String>,
}

/// The answer of `tpq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadPoolQueue {
    /// Whether the queues were found; they are not there if nothing was ever queued.
    pub found: bool,
    /// How many items wait.
    pub count: u64,
    /// The items by what they do, the most numerous first.
    pub groups: Vec<WorkGroupRow>,
    /// The items, in the order in which they would be done; those of local queues last.
    pub items: Vec<WorkItemRow>,
    /// Items that text shows one by one.
    #[serde(skip)]
    pub limit: usize,
}

impl ThreadPoolQueue {
    /// Says what is queued; `None` if no queue was found.
    pub fn new(items: Option<&[WorkItem]>, limit: usize) -> ThreadPoolQueue {
        let list = items.unwrap_or_default();
        let row = |item: &WorkItem| WorkItemRow {
            queue: item.queue.name(),
            address: item.address.into(),
            name: item.name.clone(),
            method: item.runs.clone(),
        };
        let group = |group: WorkGroup| WorkGroupRow {
            count: group.count,
            queue: group.queue.name(),
            name: group.name,
            method: group.runs,
        };
        ThreadPoolQueue {
            found: items.is_some(),
            count: list.len() as u64,
            groups: work_groups(list).into_iter().map(group).collect(),
            items: list.iter().map(row).collect(),
            limit,
        }
    }
}

impl Report for ThreadPoolQueue {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if !self.found {
            return writeln!(
                page,
                "No queue of the thread pool was found: as a rule, nothing was ever queued for it."
            );
        }
        if self.items.is_empty() {
            return writeln!(page, "Nothing is queued for the thread pool.");
        }
        writeln!(page, "{} items wait for a thread of the pool:", Grouped(self.count))?;
        writeln!(page)?;
        let mut table = Columns::new(&[
            ("Count", Align::Right),
            ("Queue", Align::Left),
            ("Runs", Align::Left),
            ("Class Name", Align::Left),
        ]);
        for group in &self.groups {
            table.row([
                &Grouped(group.count) as &dyn std::fmt::Display,
                &group.queue,
                &Escaped(group.method.as_deref().unwrap_or("-")),
                &Escaped(&group.name),
            ]);
        }
        table.write(page)?;
        if self.limit == 0 {
            return Ok(());
        }
        writeln!(page)?;
        page.heading("In order:")?;
        let style = page.style();
        for item in self.items.iter().take(self.limit) {
            let name = Escaped(item.method.as_deref().unwrap_or(&item.name));
            writeln!(page, "  {} {:<13} {name}", style.address(item.address.into()), item.queue)?;
        }
        match self.items.len().saturating_sub(self.limit) {
            0 => Ok(()),
            more => writeln!(page, "  ... and {} more; -limit shows them", Grouped(more as u64)),
        }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["queue", "address", "method", "name"])?;
        self.items.iter().try_for_each(|item| {
            rows.row(&[
                Cell::Text(item.queue),
                item.address.into(),
                Cell::optional(item.method.as_deref()),
                Cell::Text(&item.name),
            ])
        })
    }
}
