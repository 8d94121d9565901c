//! `threads`: the threads that the runtime knows.

use clrscope_analyze::{ThreadEntry, thread_list};
use clrscope_clr::stack::{Apartment, GcMode, LifeCycle};
use clrscope_memory::Issues;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "threads",
    about: "Every thread that the runtime knows, those that ended or have not begun among them.",
    columns: COLUMNS,
    usual_rows: 100,
};

const COLUMNS: &[Column] = &[
    integer("os_id", "the operating system's number; 0 once it has ended").found_by(Lookup::Equal),
    integer("managed_id", "the runtime's number").found_by(Lookup::Equal),
    text("name", "the name that the program gave it, or else the operating system's"),
    text("purpose", "`finalizer`, `gc` or `thread pool worker`, if the runtime made it for that"),
    text("state", "`unstarted`, `alive` or `dead`"),
    text("gc_mode", "`cooperative` while it runs managed code, otherwise `preemptive`"),
    text("apartment", "`sta`, `mta` or `unknown`"),
    address("address", "the runtime's record of it"),
    address("object", "the managed object that stands for it"),
    integer("lock_count", "how many locks it holds; only runtimes up to .NET 5 count them"),
    integer("kernel_us", "time in the kernel, in microseconds"),
    integer("user_us", "time in user mode, in microseconds"),
    address("exception", "the exception that it threw last and that is still kept"),
    text("exception_type", "the name of that exception's type"),
    text("exception_message", "its message"),
];

/// The threads of the runtime.
pub(super) fn entries(shelf: &Shelf<'_, '_>) -> Vec<ThreadEntry> {
    let mut issues = Issues::new();
    let heap = shelf.source.session.heap().ok();
    let threads = thread_list(shelf.runtime(), heap, shelf.source.style, &mut issues);
    shelf.add_issues(issues);
    threads
}

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    Ok(entries(shelf).iter().map(row).collect())
}

fn row(entry: &ThreadEntry) -> Row {
    let thread = &entry.thread;
    let exception = entry.exception.as_ref();
    vec![
        thread.os_id.into(),
        thread.managed_id.into(),
        Cell::optional(entry.name.clone()),
        Cell::optional(entry.purpose()),
        Cell::from(match thread.life_cycle {
            LifeCycle::Unstarted => "unstarted",
            LifeCycle::Alive => "alive",
            LifeCycle::Dead => "dead",
        }),
        Cell::from(match thread.gc_mode {
            GcMode::Cooperative => "cooperative",
            GcMode::Preemptive => "preemptive",
        }),
        Cell::from(match thread.state.apartment() {
            Apartment::Sta => "sta",
            Apartment::Mta => "mta",
            Apartment::Unknown => "unknown",
        }),
        thread.address.into(),
        Cell::optional(thread.object),
        Cell::optional(thread.lock_count),
        Cell::optional(thread.times.map(|times| times.kernel / 10)),
        Cell::optional(thread.times.map(|times| times.user / 10)),
        Cell::optional(exception.map(|exception| exception.object)),
        Cell::optional(exception.and_then(|exception| exception.name.clone())),
        Cell::optional(exception.and_then(|exception| exception.message.clone())),
    ]
}
