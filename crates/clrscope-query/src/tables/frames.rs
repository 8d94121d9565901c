//! `frames`: the managed stacks of all threads.

use clrscope_analyze::{References, StackOptions, thread_stacks};
use clrscope_memory::Issues;

use super::list::Row;
use super::threads;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "frames",
    about: "Every managed frame of every thread, and the records that the runtime keeps where a thread \
            leaves managed code.",
    columns: COLUMNS,
    usual_rows: 1_000,
};

const COLUMNS: &[Column] = &[
    integer("os_id", "the thread, by the operating system's number").found_by(Lookup::Equal),
    integer("managed_id", "the thread, by the runtime's number").found_by(Lookup::Equal),
    integer("frame", "the place of the frame on its stack; 0 is the innermost"),
    text("kind", "`managed`, or `explicit` for a record of the runtime"),
    text("method", "the method, with its parameters"),
    text("module", "the assembly of the method's type"),
    text("explicit", "the class of an explicit frame"),
    address("ip", "where it is executing"),
    address("sp", "its stack pointer"),
    text("how", "how it was found: `context`, `cfi`, `frame-pointer`, `explicit-frame` or `scan`"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let mut issues = Issues::new();
    let threads = threads::entries(shelf);
    let style = shelf.source.style;
    let options = StackOptions::new(References::None, style);
    let stacks = thread_stacks(shelf.runtime(), threads, &options, &mut issues);
    shelf.add_issues(issues);
    let mut rows = Vec::new();
    for stack in stacks {
        let thread = &stack.entry.thread;
        for (index, frame) in stack.frames.into_iter().enumerate() {
            let is_explicit = frame.explicit.is_some();
            rows.push(vec![
                thread.os_id.into(),
                thread.managed_id.into(),
                index.into(),
                if is_explicit { "explicit" } else { "managed" }.into(),
                Cell::optional(frame.method),
                Cell::optional(frame.module),
                Cell::optional(frame.explicit.filter(|class| !class.is_empty())),
                frame.ip.into(),
                frame.sp.into(),
                frame.found_by.name().into(),
            ]);
        }
    }
    Ok(rows)
}
