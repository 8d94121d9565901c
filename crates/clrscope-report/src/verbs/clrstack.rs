//! `clrstack`: the frames of threads.

use std::io;

use clrscope_analyze::{Frame, StackReference, ThreadStack, Wait};
use serde::Serialize;

use super::dso::SlotRow;
use super::threads::{ExceptionLabel, ThreadLabel};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::wait_entry::WaitEntry;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameRow {
    /// `managed`, or `explicit` for a record that the runtime keeps where a thread leaves managed code.
    pub kind: &'static str,
    /// Where it is executing; of an explicit frame where managed code goes on, or null.
    pub ip: Address,
    /// Its stack pointer; of an explicit frame its address.
    pub sp: Address,
    /// The method that it is of or stands for, with its parameters.
    pub method: Option<String>,
    /// The simple name of the assembly of that method's type.
    pub module: Option<String>,
    /// The class of an explicit frame, if it is known.
    pub explicit: Option<String>,
    /// How it was found: `context`, `cfi`, `frame-pointer`, `explicit-frame` or `scan`.
    pub how: &'static str,
}

/// The stack of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackRow {
    /// Which thread it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// Its frames, innermost first.
    pub frames: Vec<FrameRow>,
    /// What its frames refer to, where that was asked for: arguments and local variables that are still
    /// of use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locals: Option<Vec<SlotRow>>,
    /// The exception that it threw last and that is still kept.
    pub exception: Option<ExceptionLabel>,
    /// What it waits for, if that is known.
    pub waits_for: Option<WaitEntry>,
}

/// The answer of `clrstack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClrStack {
    /// The threads in the order of the runtime's list.
    pub threads: Vec<StackRow>,
}

impl ClrStack {
    /// Says what the stacks are, and what their threads wait for; with what frames refer to, if `locals`.
    pub fn new(stacks: &[ThreadStack], waits: &[Option<Wait>], locals: bool) -> ClrStack {
        let row = |(stack, wait): (&ThreadStack, &Option<Wait>)| StackRow {
            label: ThreadLabel::new(&stack.entry),
            frames: stack.frames.iter().map(FrameRow::new).collect(),
            locals: locals.then(|| {
                let exact = |reference: &&StackReference| reference.exact;
                stack.references.iter().filter(exact).map(SlotRow::new).collect()
            }),
            exception: ExceptionLabel::new(&stack.entry),
            waits_for: wait.as_ref().map(|wait| WaitEntry::new(stack, wait)),
        };
        ClrStack { threads: stacks.iter().zip(waits).map(row).collect() }
    }
}

impl FrameRow {
    pub(super) fn new(frame: &Frame) -> FrameRow {
        FrameRow {
            kind: if frame.explicit.is_some() { "explicit" } else { "managed" },
            ip: frame.ip.into(),
            sp: frame.sp.into(),
            method: frame.method.clone(),
            module: frame.module.clone(),
            explicit: frame.explicit.clone().filter(|class| !class.is_empty()),
            how: frame.found_by.name(),
        }
    }

    fn call_site(&self) -> String {
        let class = (self.kind == "explicit")
            .then(|| format!("[{}]", Escaped(self.explicit.as_deref().unwrap_or("Frame"))));
        let method = match (&self.method, self.kind) {
            (Some(method), _) => Some(Escaped(method).to_string()),
            (None, "managed") => Some("<unknown method>".to_owned()),
            (None, _) => None,
        };
        let module = self.module.as_deref().map(|module| format!("[{}]", Escaped(module)));
        class.into_iter().chain(method).chain(module).collect::<Vec<_>>().join(" ")
    }
}

impl StackRow {
    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        page.heading(&self.label.heading())?;
        if let Some(exception) = &self.exception {
            let name = exception.name.as_deref().unwrap_or("<no object>");
            let message = exception.message.as_deref().unwrap_or_default();
            let colon = if message.is_empty() { "" } else { ": " };
            let at = style.address(exception.address.into());
            writeln!(page, "Last thrown: {at} {}{colon}{}", Escaped(name), Escaped(message))?;
        }
        if let Some(wait) = &self.waits_for {
            writeln!(page, "Waits for: {}", wait.text(&style))?;
        }
        if self.frames.is_empty() {
            return writeln!(page, "No managed frames.");
        }
        writeln!(page, "{:<width$} {:<width$} {:<14} Call Site", "Child SP", "IP", "Found by")?;
        for (index, frame) in self.frames.iter().enumerate() {
            let (sp, ip) = (style.address(frame.sp.into()), style.address(frame.ip.into()));
            writeln!(page, "{sp} {ip} {:<14} {}", frame.how, frame.call_site())?;
            for slot in self.locals.iter().flatten().filter(|slot| slot.frame == Some(index)) {
                writeln!(page, "    {}", slot.line(&style))?;
            }
        }
        Ok(())
    }
}

impl Report for ClrStack {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.threads.is_empty() {
            return writeln!(page, "No threads of the runtime were found.");
        }
        for (index, thread) in self.threads.iter().enumerate() {
            if index > 0 {
                writeln!(page)?;
            }
            thread.text(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "os_id",
            "managed_id",
            "name",
            "kind",
            "sp",
            "ip",
            "how",
            "explicit",
            "module",
            "method",
        ])?;
        for thread in &self.threads {
            for frame in &thread.frames {
                rows.row(&[
                    Cell::Number(thread.label.os_id.into()),
                    Cell::Number(thread.label.managed_id.into()),
                    Cell::optional(thread.label.name.as_deref()),
                    Cell::Text(frame.kind),
                    frame.sp.into(),
                    frame.ip.into(),
                    Cell::Text(frame.how),
                    Cell::optional(frame.explicit.as_deref()),
                    Cell::optional(frame.module.as_deref()),
                    Cell::optional(frame.method.as_deref()),
                ])?;
            }
        }
        Ok(())
    }
}
