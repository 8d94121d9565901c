//! An exception, as every verb that shows one does.

use std::io;

use clrscope_analyze::{ExceptionDetails, ThrownFrame};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;

/// A frame of the stack that an exception was thrown on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThrownRow {
    /// The stack pointer of the frame.
    pub sp: Address,
    /// Where the method was.
    pub ip: Address,
    /// The method with its parameters; `None` if it is not known.
    pub method: Option<String>,
    /// The simple name of the assembly of that method's type.
    pub module: Option<String>,
    /// Whether the exception was thrown again behind this frame, on another stack.
    pub ends_foreign_stack: bool,
}

/// An exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionEntry {
    /// The object.
    pub address: Address,
    /// The name of its type.
    pub name: String,
    /// What it was made with, if it was made with a message.
    pub message: Option<String>,
    /// Its `HRESULT`.
    pub hresult: Option<Address>,
    /// The exception that caused it.
    pub inner: Option<Address>,
    /// The stack that it was thrown on, the method that threw first. Empty if it was never thrown.
    pub frames: Vec<ThrownRow>,
    /// The stack as text that came with it from elsewhere.
    pub remote_stack: Option<String>,
}

/// Frames that text shows of a stack.
const SHOWN_FRAMES: usize = 40;

impl ThrownRow {
    fn new(frame: &ThrownFrame) -> ThrownRow {
        ThrownRow {
            sp: frame.sp.into(),
            ip: frame.ip.into(),
            method: frame.method.clone(),
            module: frame.module.clone(),
            ends_foreign_stack: frame.ends_foreign_stack,
        }
    }

    /// As SOS writes a function: `Zoo!Zoo.Program.Main(System.String[])`.
    fn function(&self) -> String {
        let method = Escaped(self.method.as_deref().unwrap_or("<unknown method>"));
        match &self.module {
            Some(module) => format!("{}!{method}", Escaped(module)),
            None => method.to_string(),
        }
    }
}

impl ExceptionEntry {
    pub(crate) fn new(exception: &ExceptionDetails) -> ExceptionEntry {
        ExceptionEntry {
            address: exception.address.into(),
            name: exception.name.clone(),
            message: exception.message.clone(),
            hresult: exception.hresult.map(|hresult| Address(u64::from(hresult as u32))),
            inner: exception.inner.map(Address::from),
            frames: exception.frames.iter().map(ThrownRow::new).collect(),
            remote_stack: exception.remote_stack.clone(),
        }
    }

    /// On one line: its type and its message.
    pub(crate) fn title(&self) -> String {
        match self.message.as_deref() {
            Some(message) => format!("{}: {}", Escaped(&self.name), Escaped(message)),
            None => Escaped(&self.name).to_string(),
        }
    }

    /// The fields as SOS prints them.
    pub(crate) fn fields(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let hresult = self.hresult.map_or_else(|| "-".to_owned(), |code| format!("{:08x}", code.0));
        writeln!(page, "Exception object: {}", style.address(self.address.into()))?;
        writeln!(page, "Exception type:   {}", Escaped(&self.name))?;
        let message = self.message.as_deref().unwrap_or("<none>");
        writeln!(page, "Message:          {}", Escaped(message))?;
        match self.inner {
            Some(inner) => writeln!(page, "InnerException:   {}", style.address(inner.into()))?,
            None => writeln!(page, "InnerException:   <none>")?,
        }
        writeln!(page, "HResult:          {hresult}")?;
        if self.frames.is_empty() {
            writeln!(page, "StackTrace:       <none>: it was not thrown")?;
        } else {
            writeln!(page, "StackTrace:")?;
            let width = style.address_width();
            writeln!(page, "    {:width$} {:width$} Function", "SP", "IP")?;
            for frame in self.frames.iter().take(SHOWN_FRAMES) {
                let (sp, ip) = (style.address(frame.sp.into()), style.address(frame.ip.into()));
                writeln!(page, "    {sp} {ip} {}", frame.function())?;
                if frame.ends_foreign_stack {
                    writeln!(page, "    --- thrown again ---")?;
                }
            }
            self.more_frames(page, "    ")?;
        }
        if let Some(stack) = &self.remote_stack {
            writeln!(page, "Stack from elsewhere:")?;
            for line in stack.lines() {
                writeln!(page, "    {}", Escaped(line.trim()))?;
            }
        }
        Ok(())
    }

    /// The stack as programs print it.
    pub(crate) fn stack(&self, page: &mut Page<'_>, indent: &str) -> io::Result<()> {
        for frame in self.frames.iter().take(SHOWN_FRAMES) {
            let method = frame.method.as_deref().unwrap_or("<unknown method>");
            writeln!(page, "{indent}at {}", Escaped(method))?;
            if frame.ends_foreign_stack {
                writeln!(page, "{indent}--- thrown again ---")?;
            }
        }
        self.more_frames(page, indent)
    }

    fn more_frames(&self, page: &mut Page<'_>, indent: &str) -> io::Result<()> {
        match self.frames.len().saturating_sub(SHOWN_FRAMES) {
            0 => Ok(()),
            more => writeln!(page, "{indent}... and {more} more frames"),
        }
    }
}
