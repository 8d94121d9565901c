//! `dumpexceptions`: the exceptions of the heap, grouped by type, message and stack.

use std::io;

use clrscope_analyze::ExceptionGroup;
use serde::Serialize;

use crate::exception_entry::{ExceptionEntry, ThrownRow};
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// Exceptions of one type with one message that were thrown on the same stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionGroupRow {
    /// How many.
    pub count: u64,
    /// Bytes that they take themselves.
    pub bytes: u64,
    /// How many of them a root keeps alive.
    pub alive: Option<u64>,
    /// The operating system's numbers of the threads that threw one of them last.
    pub threads: Vec<u32>,
    /// Some of them.
    pub samples: Vec<Address>,
    /// The first of them.
    #[serde(flatten)]
    pub first: ExceptionEntry,
}

/// The answer of `dumpexceptions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DumpExceptions {
    /// How many exceptions there are.
    pub count: u64,
    /// Bytes that they take themselves.
    pub bytes: u64,
    /// The groups, the largest first.
    pub groups: Vec<ExceptionGroupRow>,
}

impl DumpExceptions {
    /// Says what exceptions there are.
    pub fn new(groups: &[ExceptionGroup]) -> DumpExceptions {
        let row = |group: &ExceptionGroup| ExceptionGroupRow {
            count: group.count,
            bytes: group.bytes,
            alive: group.alive,
            threads: group.threads.clone(),
            samples: group.samples.iter().map(|&sample| sample.into()).collect(),
            first: ExceptionEntry::new(&group.first),
        };
        DumpExceptions {
            count: groups.iter().map(|group| group.count).sum(),
            bytes: groups.iter().map(|group| group.bytes).sum(),
            groups: groups.iter().map(row).collect(),
        }
    }
}

impl ExceptionGroupRow {
    fn is_thrown(&self) -> bool {
        !self.first.frames.is_empty() || self.first.remote_stack.is_some()
    }

    fn title(&self) -> String {
        format!("{} x {}", Grouped(self.count), self.first.title())
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.heading(&self.title())?;
        let style = page.style();
        let sample = self.first.address;
        let mut line = format!("    first at {}", style.address(sample.into()));
        match self.alive {
            Some(alive) if alive == self.count => line.push_str(", alive"),
            Some(0) => line.push_str(", garbage"),
            Some(alive) => line.push_str(&format!(", {} of them alive", Grouped(alive))),
            None => {}
        }
        for (place, thread) in self.threads.iter().enumerate() {
            let words = if place == 0 { "; last thrown by thread" } else { "," };
            line.push_str(&format!("{words} {thread:#x}"));
        }
        writeln!(page, "{line}")?;
        if let Some(inner) = self.first.inner {
            writeln!(page, "    caused by {}", style.address(inner.into()))?;
        }
        self.first.stack(page, "    ")
    }
}

impl Report for DumpExceptions {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let (thrown, others): (Vec<_>, Vec<_>) =
            self.groups.iter().partition(|group| group.is_thrown());
        for group in thrown {
            group.text(page)?;
            writeln!(page)?;
        }
        if !others.is_empty() {
            page.heading(
                "Never thrown; the runtime keeps some for when there is no memory for them:",
            )?;
            for group in others {
                writeln!(page, "    {}", group.title())?;
            }
            writeln!(page)?;
        }
        writeln!(
            page,
            "Total {} exceptions, {} bytes; clrscope pe DUMP ADDRESS shows one with its causes",
            Grouped(self.count),
            Grouped(self.bytes)
        )
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["count", "bytes", "alive", "first", "type", "message", "method"])?;
        for group in &self.groups {
            let method = |frame: Option<&ThrownRow>| frame.and_then(|frame| frame.method.clone());
            rows.row(&[
                Cell::Number(group.count),
                Cell::Number(group.bytes),
                Cell::optional_number(group.alive),
                group.first.address.into(),
                Cell::Text(&group.first.name),
                Cell::optional(group.first.message.as_deref()),
                Cell::optional(method(group.first.frames.first()).as_deref()),
            ])?;
        }
        Ok(())
    }
}
