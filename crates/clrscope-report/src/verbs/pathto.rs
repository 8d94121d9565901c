//! `pathto`: how one object refers to another.

use std::io;

use serde::Serialize;

use crate::page::Page;
use crate::path_entry::{StepEntry, write_chain};
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The answer of `pathto`.
#[derive(Debug, Clone, Serialize)]
pub struct PathTo {
    /// The objects on a shortest path, from the first that was named to the second.
    pub chain: Vec<StepEntry>,
}

impl Report for PathTo {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        write_chain(&self.chain, page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "bytes", "name", "via"])?;
        for step in &self.chain {
            rows.row(&[
                step.object.address.into(),
                Cell::Number(step.object.bytes),
                Cell::Text(&step.object.name),
                Cell::optional(step.via.as_deref()),
            ])?;
        }
        Ok(())
    }
}
