//! `crashinfo`: why the dump was written.

use std::io;

use clrscope_analyze::{Crash, ThreadStack, Wait};
use serde::Serialize;

use super::clrstack::{ClrStack, Shown, StackRow};
use super::pe::Thrown;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The exception that the dump was written for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrashEntry {
    /// The thread that it happened on, as the operating system numbers it.
    pub os_id: u32,
    /// What happened, as `NTSTATUS`.
    pub code: Address,
    /// What that means, if it is known.
    pub meaning: Option<&'static str>,
    /// What its parameters say in words.
    pub detail: Option<String>,
    /// The exception's flags; 1 says that the program could not go on.
    pub flags: u32,
    /// Where it happened.
    pub address: Address,
    /// The file name of the module that this lies in.
    pub module: Option<String>,
    /// What the kind of exception adds.
    pub parameters: Vec<Address>,
    /// What a native AOT program wrote of its end, as JSON.
    pub native_aot: Option<String>,
}

/// The answer of `crashinfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CrashInfo {
    /// The exception that the dump was written for; `None`, if it was written for none.
    pub crash: Option<CrashEntry>,
    /// The managed stack of the thread that it happened on; `None`, if that never ran managed code.
    pub thread: Option<StackRow>,
    /// How many threads of a runtime were looked at.
    pub threads: usize,
    /// Threads that have a managed exception, with its causes; that of the crash first.
    pub thrown: Vec<Thrown>,
    /// What the writer of the dump says.
    pub comments: Vec<String>,
}

impl CrashInfo {
    /// Says why the dump was written: `thread` is that of the crash, one of `threads`.
    pub fn new(
        crash: Option<&Crash>,
        threads: usize,
        thread: Option<(&ThreadStack, &Option<Wait>)>,
        thrown: Vec<Thrown>,
        comments: Vec<String>,
    ) -> CrashInfo {
        let stack = thread.map(|(stack, wait)| {
            ClrStack::new(std::slice::from_ref(stack), std::slice::from_ref(wait), Shown::default())
        });
        CrashInfo {
            crash: crash.map(|crash| CrashEntry {
                os_id: crash.os_id,
                code: Address(crash.code.into()),
                meaning: crash.meaning,
                detail: crash.detail(),
                flags: crash.flags,
                address: crash.address.into(),
                module: crash.module.clone(),
                parameters: crash.parameters.iter().map(|&value| Address(value)).collect(),
                native_aot: crash.native_aot.clone(),
            }),
            thread: stack.and_then(|stack| stack.threads.into_iter().next()),
            threads,
            thrown,
            comments,
        }
    }
}

impl CrashEntry {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let meaning = self.meaning.unwrap_or("its meaning is not known");
        write!(page, "Exception:  {:08x}, {meaning}", self.code.0)?;
        match &self.detail {
            Some(detail) => writeln!(page, ": {detail}")?,
            None => writeln!(page)?,
        }
        write!(page, "At:         {}", style.address(self.address.into()))?;
        match &self.module {
            Some(module) => writeln!(page, " in {}", Escaped(module))?,
            None => writeln!(page, " in no module")?,
        }
        writeln!(page, "Thread:     {:#x}", self.os_id)?;
        if let Some(text) = &self.native_aot {
            writeln!(page, "Native AOT: {}", Escaped(text))?;
        }
        Ok(())
    }
}

impl Report for CrashInfo {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        match &self.crash {
            Some(crash) => crash.text(page)?,
            None => writeln!(
                page,
                "No crash: the dump has no exception, so somebody took it of a process that ran."
            )?,
        }
        for comment in &self.comments {
            writeln!(page, "Comment:    {}", Escaped(comment))?;
        }
        if self.crash.is_some() {
            writeln!(page)?;
            match &self.thread {
                Some(thread) => thread.text(page)?,
                None => {
                    writeln!(page, "The runtime does not know the thread: its stack is native.")?
                }
            }
        }
        let (own, others): (Vec<_>, Vec<_>) = self.thrown.iter().partition(|thrown| {
            let os_id = thrown.thread.as_ref().map(|thread| thread.os_id);
            os_id.is_some() && os_id == self.crash.as_ref().map(|crash| crash.os_id)
        });
        for thrown in own {
            writeln!(page)?;
            page.heading("The managed exception:")?;
            thrown.text(page, true)?;
        }
        if !others.is_empty() {
            writeln!(page)?;
            page.heading("Threads that keep a managed exception which they threw:")?;
            for thrown in others {
                let Some(exception) = thrown.exceptions.first() else { continue };
                if let Some(thread) = &thrown.thread {
                    writeln!(page, "  {}", thread.short())?;
                }
                writeln!(page, "    {}", exception.title())?;
                exception.stack(page, "      ")?;
            }
        }
        match (self.threads, self.thrown.len()) {
            (0, _) => writeln!(
                page,
                "Managed exceptions are not known: no threads of a runtime were found."
            ),
            (_, 0) => writeln!(page, "No thread has a managed exception."),
            _ => Ok(()),
        }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["os_id", "crashed", "code", "exception", "type", "message"])?;
        let crash = self.crash.as_ref();
        let mut told = false;
        for thrown in &self.thrown {
            let os_id = thrown.thread.as_ref().map(|thread| thread.os_id);
            let own = crash.filter(|crash| Some(crash.os_id) == os_id);
            told |= own.is_some();
            let exception = thrown.exceptions.first();
            rows.row(&[
                Cell::optional_number(os_id.map(u64::from)),
                Cell::Flag(own.is_some()),
                own.map_or(Cell::Empty, |crash| crash.code.into()),
                exception.map_or(Cell::Empty, |exception| exception.address.into()),
                Cell::optional(exception.map(|exception| exception.name.as_str())),
                Cell::optional(exception.and_then(|exception| exception.message.as_deref())),
            ])?;
        }
        match crash {
            Some(crash) if !told => rows.row(&[
                Cell::Number(crash.os_id.into()),
                Cell::Flag(true),
                crash.code.into(),
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
            ]),
            _ => Ok(()),
        }
    }
}
