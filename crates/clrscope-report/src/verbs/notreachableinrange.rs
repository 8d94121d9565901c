//! `notreachableinrange`: objects that a range of memory refers to and that are dead.

use std::io;

use serde::Serialize;

use super::dumpheap::Statistics;
use crate::escape::Escaped;
use crate::object_entry::ObjectEntry;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// The answer of `notreachableinrange`.
#[derive(Debug, Clone, Serialize)]
pub struct NotReachableInRange {
    /// The objects, in the order of the references.
    pub objects: Vec<ObjectEntry>,
    /// Those by type.
    pub statistics: Statistics,
    /// Whether to print addresses alone.
    #[serde(skip)]
    pub short: bool,
}

impl Report for NotReachableInRange {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        for object in &self.objects {
            let address = style.address(object.address.into());
            match self.short {
                true => writeln!(page, "{address}")?,
                false => {
                    let name = Escaped(&object.name);
                    writeln!(page, "{address} {:>14} {name}", Grouped(object.bytes))?;
                }
            }
        }
        if self.short {
            return Ok(());
        }
        writeln!(page)?;
        self.statistics.text(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "mt", "bytes", "name"])?;
        for object in &self.objects {
            rows.row(&[
                object.address.into(),
                object.mt.into(),
                Cell::Number(object.bytes),
                Cell::Text(&object.name),
            ])?;
        }
        Ok(())
    }

    fn is_bare(&self) -> bool {
        self.short
    }
}
