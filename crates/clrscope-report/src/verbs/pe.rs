//! `pe`: an exception with its causes.

use std::io;

use clrscope_analyze::{ExceptionDetails, ThreadEntry};
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::exception_entry::ExceptionEntry;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// An exception with its causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Thrown {
    /// The thread that threw it last and that was asked for.
    pub thread: Option<ThreadLabel>,
    /// The exception; then its cause, the cause of that, and so on; then those that an
    /// `AggregateException` gathers beside its cause.
    pub exceptions: Vec<ExceptionEntry>,
}

/// The answer of `pe`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintException {
    /// One exception for each thread that has one, or the one that was asked for.
    pub thrown: Vec<Thrown>,
    /// Whether text shows the causes in full.
    #[serde(skip)]
    pub nested: bool,
}

impl Thrown {
    /// What is said of an exception with its causes.
    pub fn new(thread: Option<&ThreadEntry>, chain: &[ExceptionDetails]) -> Thrown {
        Thrown {
            thread: thread.map(ThreadLabel::new),
            exceptions: chain.iter().map(ExceptionEntry::new).collect(),
        }
    }

    pub(super) fn text(&self, page: &mut Page<'_>, nested: bool) -> io::Result<()> {
        let style = page.style();
        if let Some(thread) = &self.thread {
            page.heading(&thread.heading())?;
        }
        let Some((first, causes)) = self.exceptions.split_first() else { return Ok(()) };
        first.fields(page)?;
        for cause in causes {
            if nested {
                writeln!(page)?;
                page.heading("Nested exception:")?;
                cause.fields(page)?;
            } else {
                let address = style.address(cause.address.into());
                writeln!(page, "Caused by:        {} ({address})", cause.title())?;
            }
        }
        if !causes.is_empty() && !nested {
            writeln!(page, "                  with their stacks: -nested")?;
        }
        Ok(())
    }
}

impl Report for PrintException {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for (index, thrown) in self.thrown.iter().enumerate() {
            if index > 0 {
                writeln!(page)?;
            }
            thrown.text(page, self.nested)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["os_id", "exception", "type", "message", "sp", "ip", "module", "method"])?;
        for thrown in &self.thrown {
            let os_id = thrown.thread.as_ref().map(|thread| u64::from(thread.os_id));
            for exception in &thrown.exceptions {
                let own = [
                    Cell::optional_number(os_id),
                    exception.address.into(),
                    Cell::Text(&exception.name),
                    Cell::optional(exception.message.as_deref()),
                ];
                if exception.frames.is_empty() {
                    rows.row(&[&own[..], &[Cell::Empty; 4]].concat())?;
                }
                for frame in &exception.frames {
                    let place = [
                        frame.sp.into(),
                        frame.ip.into(),
                        Cell::optional(frame.module.as_deref()),
                        Cell::optional(frame.method.as_deref()),
                    ];
                    rows.row(&[own, place].concat())?;
                }
            }
        }
        Ok(())
    }
}
