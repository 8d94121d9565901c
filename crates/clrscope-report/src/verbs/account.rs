//! `account`: every byte of the address space, in exactly one class.

use std::fmt::Display;
use std::io;

use clrscope_analyze::AccountVerdict;
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Grouped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Memory of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassRow {
    /// The class.
    pub class: &'static str,
    /// Bytes that are backed.
    pub committed: u64,
    /// Bytes that are only set aside.
    pub reserved: u64,
    /// How many pieces of the address space that is.
    pub pieces: u64,
    /// Which within the class.
    pub detail: String,
}

/// The totals of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TotalRow {
    /// The class.
    pub class: &'static str,
    /// Bytes that are backed.
    pub committed: u64,
    /// Bytes that are only set aside.
    pub reserved: u64,
}

/// Bytes of the whole process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Total {
    /// That are backed.
    pub committed: u64,
    /// That are only set aside.
    pub reserved: u64,
    /// That are backed and that the process shares with nobody.
    pub private: u64,
}

/// What the operating system counted when the dump was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Committed bytes that the process shares with nobody.
    pub private_bytes: u64,
    /// Bytes of physical memory.
    pub working_set: u64,
}

/// The verdict, and its figures: committed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `managed`, `native` or `code`; `None`, if managed memory could not be told from native.
    pub is: Option<&'static str>,
    /// Of the managed heap.
    pub managed: u64,
    /// Of native memory.
    pub native: u64,
    /// Of code and loader heaps.
    pub code: u64,
}

/// The answer of `account`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Whether the dump describes regions; if not, what it holds stands for what is committed.
    pub has_regions: bool,
    /// By class.
    pub totals: Vec<TotalRow>,
    /// By class and detail, the largest of each class first.
    pub classes: Vec<ClassRow>,
    /// Of the process.
    pub total: Total,
    /// Committed bytes that nobody explains.
    pub unexplained: u64,
    /// The system's own counters; `None`, if the dump has none.
    pub counters: Option<Counters>,
    /// Where the memory went.
    pub verdict: Verdict,
}

const fn verdict_name(verdict: AccountVerdict) -> &'static str {
    match verdict {
        AccountVerdict::Managed => "managed",
        AccountVerdict::Native => "native",
        AccountVerdict::Code => "code",
        AccountVerdict::Handles => "handles",
    }
}

impl Account {
    /// Says what `account` found, beside what the system counted.
    pub fn new(account: &clrscope_analyze::Account, counters: Option<Counters>) -> Account {
        let mut totals: Vec<TotalRow> = Vec::new();
        for line in &account.lines {
            let class = line.class.name();
            match totals.last_mut().filter(|total| total.class == class) {
                Some(total) => {
                    total.committed += line.committed;
                    total.reserved += line.reserved;
                }
                None => totals.push(TotalRow {
                    class,
                    committed: line.committed,
                    reserved: line.reserved,
                }),
            }
        }
        let rows = account.lines.iter().map(|line| ClassRow {
            class: line.class.name(),
            committed: line.committed,
            reserved: line.reserved,
            pieces: line.pieces,
            detail: line.detail.clone(),
        });
        Account {
            has_regions: account.has_regions,
            totals,
            classes: rows.collect(),
            total: Total {
                committed: account.committed,
                reserved: account.reserved,
                private: account.private,
            },
            unexplained: account.unexplained,
            counters,
            verdict: Verdict {
                is: account.verdict.map(verdict_name),
                managed: account.managed,
                native: account.native,
                code: account.code,
            },
        }
    }
}

/// Lines of each class that the text shows; the rest is in the totals.
const SHOWN_DETAILS: usize = 8;

impl Report for Account {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Committed", Align::Right),
            ("Reserved", Align::Right),
            ("Class", Align::Left),
        ]);
        for total in &self.totals {
            let (committed, reserved) = (Grouped(total.committed), Grouped(total.reserved));
            table.row([&committed as &dyn Display, &reserved, &total.class]);
            let details = self.classes.iter().filter(|row| row.class == total.class);
            let details: Vec<&ClassRow> = details.filter(|row| !row.detail.is_empty()).collect();
            for row in details.iter().take(SHOWN_DETAILS) {
                let (committed, reserved) = (Grouped(row.committed), Grouped(row.reserved));
                let detail = format!("    {}", Escaped(&row.detail));
                table.row([&committed as &dyn Display, &reserved, &detail]);
            }
            if let Some(more) = details.len().checked_sub(SHOWN_DETAILS).filter(|&more| more > 0) {
                table.row([&"" as &dyn Display, &"", &format!("    and {more} more")]);
            }
        }
        let (committed, reserved) = (Grouped(self.total.committed), Grouped(self.total.reserved));
        table.row([&committed as &dyn Display, &reserved, &"total"]);
        table.write(page)?;
        writeln!(page)?;
        if !self.has_regions {
            writeln!(page, "The dump does not describe regions: this is what it holds.")?;
        }
        write!(page, "Private: {} bytes committed", Grouped(self.total.private))?;
        match &self.counters {
            Some(counters) => writeln!(
                page,
                "; the system counted {}, and a working set of {}.",
                Grouped(counters.private_bytes),
                Grouped(counters.working_set)
            )?,
            None => writeln!(page, ".")?,
        }
        let verdict = &self.verdict;
        page.heading(&format!("Verdict: {}", verdict.is.unwrap_or("unknown")))?;
        writeln!(
            page,
            "    managed heap {}, native {}, code and loader heaps {} bytes",
            Grouped(verdict.managed),
            Grouped(verdict.native),
            Grouped(verdict.code)
        )
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["class", "detail", "committed", "reserved", "pieces"])?;
        for row in &self.classes {
            rows.row(&[
                Cell::Text(row.class),
                Cell::Text(&row.detail),
                Cell::Number(row.committed),
                Cell::Number(row.reserved),
                Cell::Number(row.pieces),
            ])?;
        }
        Ok(())
    }
}
