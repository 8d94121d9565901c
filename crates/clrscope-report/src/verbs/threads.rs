//! `threads`: the threads that the runtime knows.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{Grouped, ThreadEntry, Waiting};
use clrscope_clr::stack::{Apartment, GcMode, LifeCycle};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::wait_entry::WaitEntry;

/// Which thread it is: what every verb says of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadLabel {
    /// The operating system's number; zero once it has ended, or before it was started.
    pub os_id: u32,
    /// The runtime's number.
    pub managed_id: u32,
    /// The name that the program gave it, or else the operating system's.
    pub name: Option<String>,
    /// `finalizer`, `gc` or `thread pool worker`, if the runtime made it for that.
    pub purpose: Option<&'static str>,
    /// `unstarted`, `alive` or `dead`.
    pub state: &'static str,
}

/// The exception that a thread threw last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionLabel {
    /// Where it is.
    pub address: Address,
    /// The name of its type; `None`, if no object is there.
    pub name: Option<String>,
    /// Its message, if it has one of its own.
    pub message: Option<String>,
}

impl ThreadLabel {
    pub(super) fn new(entry: &ThreadEntry) -> ThreadLabel {
        ThreadLabel {
            os_id: entry.thread.os_id,
            managed_id: entry.thread.managed_id,
            name: entry.name.clone(),
            purpose: entry.purpose(),
            state: match entry.thread.life_cycle {
                LifeCycle::Unstarted => "unstarted",
                LifeCycle::Alive => "alive",
                LifeCycle::Dead => "dead",
            },
        }
    }

    /// One line: `OS Thread Id: 0x1a84 (managed 1, "Main", finalizer)`.
    pub(super) fn heading(&self) -> String {
        format!("OS Thread Id: {}", self.short())
    }

    /// The same without the words before the number.
    pub(super) fn short(&self) -> String {
        let mut line = format!("{:#x} (managed {}", self.os_id, self.managed_id);
        if let Some(name) = &self.name {
            line.push_str(&format!(", \"{}\"", Escaped(name)));
        }
        if let Some(purpose) = self.purpose {
            line.push_str(&format!(", {purpose}"));
        }
        if self.state != "alive" {
            line.push_str(&format!(", {}", self.state));
        }
        line.push(')');
        line
    }
}

impl ExceptionLabel {
    pub(super) fn new(entry: &ThreadEntry) -> Option<ExceptionLabel> {
        entry.exception.as_ref().map(|exception| ExceptionLabel {
            address: exception.object.into(),
            name: exception.name.clone(),
            message: exception.message.clone(),
        })
    }
}

/// A thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadRow {
    /// Which it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// Its place in the dump's list of threads, which debuggers number threads by.
    pub debugger_id: Option<usize>,
    /// The runtime's record of it.
    pub address: Address,
    /// The managed object that stands for it.
    pub object: Option<Address>,
    /// Its flags, as the runtime keeps them.
    pub flags: Address,
    /// A word for each flag whose meaning is known.
    pub flag_names: Vec<&'static str>,
    /// `cooperative` while it runs managed code, `preemptive` while it does not.
    pub gc_mode: &'static str,
    /// Where its next object will be, and how far objects may go there.
    pub allocation: Option<[Address; 2]>,
    /// The application domain, if there is only one.
    pub domain: Option<Address>,
    /// How many locks it holds; only runtimes up to .NET 5 count them.
    pub lock_count: Option<u32>,
    /// `sta`, `mta` or `unknown`.
    pub apartment: &'static str,
    /// When it was created (RFC 3339), if the dump says.
    pub created: Option<String>,
    /// How long it has run in the kernel, in milliseconds, if the dump says.
    pub kernel_ms: Option<u64>,
    /// How long it has run in user mode, in milliseconds, if the dump says.
    pub user_ms: Option<u64>,
    /// The exception that it threw last and that is still kept.
    pub exception: Option<ExceptionLabel>,
    /// What it waits for, if that is known.
    pub waits_for: Option<WaitEntry>,
}

/// Units of 100 ns in a millisecond.
const UNITS: u64 = 10_000;

/// A time in units of 100 ns since 1601, as RFC 3339 has it.
fn date(units: u64) -> Option<String> {
    const FROM_1601_TO_1970: i128 = 11_644_473_600 * 1_000_000_000;
    let nanoseconds = i128::from(units) * 100 - FROM_1601_TO_1970;
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    time.replace_nanosecond(time.nanosecond() / 1_000_000 * 1_000_000).ok()?.format(&Rfc3339).ok()
}

/// The answer of `threads`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Threads {
    /// How many have not been started.
    pub unstarted: usize,
    /// How many run in the background: they do not keep the process running.
    pub background: usize,
    /// How many have ended.
    pub dead: usize,
    /// The threads in the order of the runtime's list.
    pub threads: Vec<ThreadRow>,
}

impl Threads {
    /// Says what threads there are.
    pub fn new(waiting: &Waiting) -> Threads {
        let entries: Vec<&ThreadEntry> = waiting.stacks.iter().map(|stack| &stack.entry).collect();
        let in_state = |state| entries.iter().filter(|e| e.thread.life_cycle == state).count();
        let is_background = |entry: &&&ThreadEntry| {
            entry.thread.life_cycle == LifeCycle::Alive
                && entry.thread.state.words().any(|word| word == "background")
        };
        Threads {
            unstarted: in_state(LifeCycle::Unstarted),
            background: entries.iter().filter(is_background).count(),
            dead: in_state(LifeCycle::Dead),
            threads: (0..)
                .zip(&entries)
                .map(|(index, entry)| ThreadRow::new(entry, WaitEntry::of(waiting, index)))
                .collect(),
        }
    }
}

impl ThreadRow {
    fn new(entry: &ThreadEntry, waits_for: Option<WaitEntry>) -> ThreadRow {
        let thread = &entry.thread;
        ThreadRow {
            label: ThreadLabel::new(entry),
            debugger_id: entry.debugger_id,
            address: thread.address.into(),
            object: thread.object.map(Address::from),
            flags: Address(thread.state.0.into()),
            flag_names: thread.state.words().collect(),
            gc_mode: match thread.gc_mode {
                GcMode::Cooperative => "cooperative",
                GcMode::Preemptive => "preemptive",
            },
            allocation: entry
                .allocation
                .map(|context| [context.pointer.into(), context.limit.into()]),
            domain: entry.domain.map(Address::from),
            lock_count: thread.lock_count,
            apartment: match thread.state.apartment() {
                Apartment::Sta => "sta",
                Apartment::Mta => "mta",
                Apartment::Unknown => "unknown",
            },
            created: thread.times.and_then(|times| date(times.created)),
            kernel_ms: thread.times.map(|times| times.kernel / UNITS),
            user_ms: thread.times.map(|times| times.user / UNITS),
            exception: ExceptionLabel::new(entry),
            waits_for,
        }
    }

    /// Its exception, its name and its purpose, as the last columns show them.
    fn exception_text(&self) -> String {
        let Some(exception) = &self.exception else { return String::new() };
        let name = exception.name.as_deref().unwrap_or("<no object>");
        format!("{} {:x}", Escaped(name), exception.address.0)
    }

    /// Seconds that it has run.
    fn cpu_text(&self) -> Option<String> {
        let total = self.kernel_ms?.saturating_add(self.user_ms?);
        Some(format!("{}.{:03}", Grouped(total / 1_000), total % 1_000))
    }

    fn name_text(&self) -> String {
        let name = self.label.name.as_deref().map(|name| Escaped(name).to_string());
        let purpose = self.label.purpose.map(|purpose| format!("({purpose})"));
        name.into_iter().chain(purpose).collect::<Vec<_>>().join(" ")
    }
}

impl Report for Threads {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        if self.threads.is_empty() {
            return writeln!(page, "No threads of the runtime were found.");
        }
        for (what, count) in [
            ("ThreadCount:", self.threads.len()),
            ("UnstartedThread:", self.unstarted),
            ("BackgroundThread:", self.background),
            ("DeadThread:", self.dead),
        ] {
            writeln!(page, "{what:<18}{count}")?;
        }
        writeln!(page)?;
        let mut table = Columns::new(&[
            ("DBG", Align::Right),
            ("ID", Align::Right),
            ("OSID", Align::Right),
            ("ThreadOBJ", Align::Left),
            ("State", Align::Right),
            ("GC Mode", Align::Left),
            ("GC Alloc Context", Align::Left),
            ("Domain", Align::Left),
            ("Lock Count", Align::Right),
            ("Apt", Align::Left),
            ("CPU s", Align::Right),
            ("Name", Align::Left),
            ("Exception", Align::Left),
            ("Waits for", Align::Left),
        ]);
        let unknown = || "-".to_owned();
        for row in &self.threads {
            let address = |address: Address| style.address(address.into()).to_string();
            let mode = match row.gc_mode {
                "cooperative" => "Cooperative",
                _ => "Preemptive",
            };
            let apartment = match row.apartment {
                "unknown" => "Ukn".to_owned(),
                known => known.to_ascii_uppercase(),
            };
            table.row([
                &row.debugger_id.map_or_else(|| "XXXX".to_owned(), |id| id.to_string())
                    as &dyn Display,
                &row.label.managed_id,
                &format!("{:x}", row.label.os_id),
                &address(row.address),
                &format!("{:x}", row.flags.0),
                &mode,
                &row.allocation.map_or_else(unknown, |[pointer, limit]| {
                    format!("{}:{}", address(pointer), address(limit))
                }),
                &row.domain.map_or_else(unknown, address),
                &row.lock_count.map_or_else(unknown, |count| count.to_string()),
                &apartment,
                &row.cpu_text().unwrap_or_else(unknown),
                &row.name_text(),
                &row.exception_text(),
                &row.waits_for.as_ref().map(|wait| wait.text(&style)).unwrap_or_default(),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "os_id",
            "managed_id",
            "address",
            "state",
            "flags",
            "gc_mode",
            "lock_count",
            "apartment",
            "created",
            "kernel_ms",
            "user_ms",
            "name",
            "purpose",
            "exception",
            "waits_for",
            "wait_object",
        ])?;
        for row in &self.threads {
            let exception = row.exception.as_ref().and_then(|exception| exception.name.as_deref());
            rows.row(&[
                Cell::Number(row.label.os_id.into()),
                Cell::Number(row.label.managed_id.into()),
                row.address.into(),
                Cell::Text(row.label.state),
                row.flags.into(),
                Cell::Text(row.gc_mode),
                Cell::optional_number(row.lock_count.map(u64::from)),
                Cell::Text(row.apartment),
                Cell::optional(row.created.as_deref()),
                Cell::optional_number(row.kernel_ms),
                Cell::optional_number(row.user_ms),
                Cell::optional(row.label.name.as_deref()),
                Cell::optional(row.label.purpose),
                Cell::optional(exception),
                Cell::optional(row.waits_for.as_ref().map(|wait| wait.kind)),
                row.waits_for.as_ref().and_then(|wait| wait.object).map_or(Cell::Empty, Cell::from),
            ])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(date(0).as_deref(), Some("1601-01-01T00:00:00Z"));
        let units = 134_397_211_539_614_800;
        assert_eq!(date(units).as_deref(), Some("2026-11-21T07:52:33.961Z"));
        assert_eq!(date(u64::MAX), None);
    }
}
