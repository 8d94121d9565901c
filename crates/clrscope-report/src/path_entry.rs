//! Roots and paths, as every verb that shows them does.

use std::io;

use clrscope_analyze::{RootLabel, Step};
use clrscope_clr::Root;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::object_entry::{Namer, ObjectEntry};
use crate::page::Page;
use clrscope_analyze::Grouped;

/// Something that keeps an object alive and is no object itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RootEntry {
    /// `static`, `threadstatic`, `stack`, `code`, `handle`, `finalizer`, `statics` or
    /// `frozen`.
    pub kind: &'static str,
    /// Where the reference is; zero if it is in a register.
    pub address: Address,
    /// The field, the kind of handle, the slot.
    pub detail: String,
    /// Whether the runtime itself would report it. A conservative one only looks like a reference.
    pub exact: bool,
    /// The thread, by the operating system's number.
    pub thread: Option<u32>,
    /// The method of the frame.
    pub frame: Option<String>,
    /// Of a root on a stack, the register that holds it, or that its slot is relative to.
    pub register: Option<&'static str>,
    /// Of a slot on a stack, how many bytes it is from where the register points.
    pub offset: Option<i64>,
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepEntry {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// The field or element of the object before it; `None` for the first.
    pub via: Option<String>,
}

impl RootEntry {
    /// The entry of a root in the words of `label`.
    pub fn new(root: &Root, label: RootLabel) -> RootEntry {
        let RootLabel { kind, detail, exact, thread, frame, place } = label;
        let address = root.address.into();
        let register = place.and_then(|place| place.register);
        let offset = place.and_then(|place| place.offset);
        RootEntry { kind, address, detail, exact, thread, frame, register, offset }
    }

    /// The heading that SOS prints above roots like it.
    pub fn heading(&self) -> String {
        match (self.kind, self.thread) {
            ("stack" | "code" | "threadstatic", Some(thread)) => format!("Thread {thread:x}:"),
            ("static", _) => "Statics:".to_owned(),
            ("handle", _) => "HandleTable:".to_owned(),
            ("frozen", _) => "Frozen objects:".to_owned(),
            ("finalizer", _) => "Finalizer Queue:".to_owned(),
            _ => "Arrays of statics:".to_owned(),
        }
    }

    /// What it is, on one line.
    pub fn line(&self) -> String {
        let detail = Escaped(&self.detail);
        let frame = self.frame.as_deref().map(|frame| format!(" in {}", Escaped(frame)));
        match self.kind {
            "static" => format!("static {detail}"),
            "threadstatic" => format!("thread static {detail}"),
            _ => format!("({detail}){}", frame.unwrap_or_default()),
        }
    }
}

impl StepEntry {
    /// The entry of a step.
    pub fn new(step: &Step, namer: Namer<'_>) -> StepEntry {
        StepEntry { object: namer.entry(&step.object), via: step.via.clone() }
    }

    /// One line of a path.
    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let address = page.style().address(self.object.address.into());
        let name = Escaped(&self.object.name);
        match self.via.as_deref().filter(|via| !via.is_empty()) {
            Some(via) if via.starts_with('(') => {
                writeln!(page, "          -> {address}     {name} {}", Escaped(via))
            }
            Some(via) => writeln!(page, "          -> {address}     {name} ({})", Escaped(via)),
            None => writeln!(page, "          -> {address}     {name}"),
        }
    }
}

/// Steps at each end of a long path that are printed.
const SHOWN: usize = 16;

/// Prints a path; of a very long one, such as a linked list, both ends.
pub(crate) fn write_chain(chain: &[StepEntry], page: &mut Page<'_>) -> io::Result<()> {
    let hidden = chain.len().saturating_sub(2 * SHOWN);
    for (index, step) in chain.iter().enumerate() {
        if hidden > 0 && index == SHOWN {
            let count = Grouped(hidden as u64);
            writeln!(page, "          ... {count} objects; --format json lists them ...")?;
        }
        if hidden == 0 || index < SHOWN || SHOWN + hidden <= index {
            step.write(page)?;
        }
    }
    Ok(())
}
