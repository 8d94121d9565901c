//! `account`: every byte of the address space, in exactly one class.

use std::fmt::Display;
use std::io;

use clrscope_analyze::AccountVerdict;
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

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
    /// Of images that the process has written to: copies that it shares with nobody.
    pub copied: u64,
}

/// What the operating system counted when the dump was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Committed bytes that the process shares with nobody.
    pub private_bytes: u64,
    /// Bytes of physical memory.
    pub working_set: u64,
}

/// What Wine counts as private bytes beside private memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WineBytes {
    /// Its own table of pages.
    pub page_table: u64,
    /// Sections of images that it read because it could not map them, at most.
    pub images_read: u64,
}

/// The verdict, and its figures: committed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// `managed`, `native`, `code` or `handles`; `None`, if managed memory could not be told from
    /// native.
    pub is: Option<&'static str>,
    /// Of the managed heap.
    pub managed: u64,
    /// Of native memory.
    pub native: u64,
    /// Of code and loader heaps, and of what the runtime keeps of assemblies in native heaps.
    pub code: u64,
    /// Handles of the operating system; `None`, if the dump does not list them.
    pub handles: Option<u64>,
    /// The type that most handles are of.
    pub top_handle_type: Option<String>,
}

/// What performance counters of the runtime would have shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HeapCounters {
    /// `# Bytes in all Heaps`.
    pub bytes_in_all_heaps: u64,
    /// `Gen 0 heap size`, as far as it is in use.
    pub gen0_size: u64,
    /// `Gen 1 heap size`.
    pub gen1_size: u64,
    /// `Gen 2 heap size`.
    pub gen2_size: u64,
    /// `Large Object Heap size`.
    pub loh_size: u64,
    /// The size of the heap of pinned objects.
    pub poh_size: u64,
    /// `# Total committed Bytes`.
    pub committed: u64,
}

impl HeapCounters {
    fn new(counters: &clrscope_analyze::HeapCounters) -> HeapCounters {
        let [gen0_size, gen1_size, gen2_size, loh_size, poh_size] = counters.generations;
        HeapCounters {
            bytes_in_all_heaps: counters.all_heaps,
            gen0_size,
            gen1_size,
            gen2_size,
            loh_size,
            poh_size,
            committed: counters.committed,
        }
    }
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
    /// What is in the counter of private bytes beside private memory, if the system was Wine.
    pub wine: Option<WineBytes>,
    /// What performance counters of the runtime would have shown; `None` without a managed heap.
    pub heap_counters: Option<HeapCounters>,
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
                copied: account.copied,
            },
            unexplained: account.unexplained,
            counters,
            wine: account.wine.map(|wine| WineBytes {
                page_table: wine.page_table,
                images_read: wine.images_read,
            }),
            heap_counters: account.counters.as_ref().map(HeapCounters::new),
            verdict: Verdict {
                is: account.verdict.map(verdict_name),
                managed: account.managed,
                native: account.native,
                code: account.code,
                handles: account.handles.as_ref().map(|handles| handles.count),
                top_handle_type: account
                    .handles
                    .as_ref()
                    .and_then(|handles| handles.top.as_ref())
                    .map(|(name, count)| format!("{name}: {count}")),
            },
        }
    }
}

/// Lines of each class that the text shows; the rest is in the totals.
const SHOWN_DETAILS: usize = 8;

impl Account {
    /// Private bytes, beside what the system counted, and where the difference can come from.
    fn private_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let total = &self.total;
        if self.has_regions {
            let share = self.unexplained as f64 * 100.0 / total.private.max(1) as f64;
            writeln!(
                page,
                "Private: {} bytes committed; {} of them ({share:.1} %) nobody explains.",
                Grouped(total.private),
                Grouped(self.unexplained),
            )?;
            if total.copied > 0 {
                writeln!(
                    page,
                    "Images: {} bytes were written to, and are private copies.",
                    Grouped(total.copied)
                )?;
            }
        }
        let Some(counters) = &self.counters else { return Ok(()) };
        writeln!(
            page,
            "The system counted {} private bytes and a working set of {}.",
            Grouped(counters.private_bytes),
            Grouped(counters.working_set)
        )?;
        match &self.wine {
            Some(wine) => writeln!(
                page,
                "On Wine, that is what is resident of memory that no file backs: what was never touched is not \
                 in it;\nup to {} bytes of images that had to be read are, and {} bytes of Wine's own table \
                 of pages.",
                Grouped(wine.images_read),
                Grouped(wine.page_table)
            ),
            None => writeln!(
                page,
                "That counter has copies of pages of images and of views of files in it, too, and \
                 sections without a file."
            ),
        }
    }
}

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
        self.private_text(page)?;
        if let Some(counters) = &self.heap_counters {
            writeln!(page)?;
            page.heading("Performance counters would have shown:")?;
            for (name, bytes) in [
                ("# Bytes in all Heaps", counters.bytes_in_all_heaps),
                ("Gen 0 heap, in use", counters.gen0_size),
                ("Gen 1 heap size", counters.gen1_size),
                ("Gen 2 heap size", counters.gen2_size),
                ("Large Object Heap size", counters.loh_size),
                ("Pinned Object Heap size", counters.poh_size),
                ("# Total committed Bytes", counters.committed),
            ] {
                writeln!(page, "    {name:<24} {:>15}", Grouped(bytes).to_string())?;
            }
        }
        writeln!(page)?;
        let verdict = &self.verdict;
        page.heading(&format!("Verdict: {}", verdict.is.unwrap_or("unknown")))?;
        writeln!(
            page,
            "    managed heap {}, native {}, code and loader heaps {} bytes",
            Grouped(verdict.managed),
            Grouped(verdict.native),
            Grouped(verdict.code)
        )?;
        if let Some(handles) = verdict.handles {
            let top = verdict.top_handle_type.as_deref();
            let top = top.map(|top| format!(" ({})", Escaped(top))).unwrap_or_default();
            writeln!(page, "    {} handles{top}", Grouped(handles))?;
        }
        let next = match verdict.is {
            Some("managed") => "dumpheap DUMP -stat, retained DUMP",
            Some("native") => "address DUMP -usage native",
            Some("code") => "dynamic DUMP, eeheap DUMP -loader",
            Some("handles") => "handles DUMP",
            _ => return Ok(()),
        };
        writeln!(page, "    next: {next}")
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
