//! `threadstate`: what the flags of a thread say.

use std::io;

use clrscope_clr::stack::ThreadState;
use serde::Serialize;

use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The answer of `threadstate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadStateReport {
    /// The flags.
    pub flags: Address,
    /// A word for each flag that is set and whose meaning is known.
    pub flag_names: Vec<&'static str>,
}

impl ThreadStateReport {
    /// Says what `flags` mean.
    pub fn new(flags: u32) -> ThreadStateReport {
        ThreadStateReport {
            flags: Address(flags.into()),
            flag_names: ThreadState(flags).words().collect(),
        }
    }
}

impl Report for ThreadStateReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.flag_names.is_empty() {
            return writeln!(page, "No flag of {:#x} has a known meaning.", self.flags.0);
        }
        self.flag_names.iter().try_for_each(|name| writeln!(page, "    {name}"))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["flag"])?;
        self.flag_names.iter().try_for_each(|name| rows.row(&[Cell::Text(name)]))
    }
}
