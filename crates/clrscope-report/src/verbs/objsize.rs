//! `objsize`: what an object keeps alive, whoever else does.

use std::io;

use serde::Serialize;

use super::dumpheap::Statistics;
use crate::escape::Escaped;
use crate::object_entry::ObjectEntry;
use crate::page::Page;
use crate::report::Report;
use crate::rows::Rows;
use clrscope_analyze::Grouped;

/// The answer of `objsize`.
#[derive(Debug, Clone, Serialize)]
pub struct ObjSize {
    /// The object.
    pub object: ObjectEntry,
    /// How many objects it keeps alive, itself included.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those objects by type.
    pub statistics: Statistics,
}

impl Report for ObjSize {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let address = page.style().address(self.object.address.into());
        let name = Escaped(&self.object.name);
        writeln!(page, "Objects which {name} ({address}) transitively keeps alive:")?;
        writeln!(page)?;
        self.statistics.text(page)?;
        writeln!(page)?;
        let (bytes, objects) = (Grouped(self.bytes), Grouped(self.objects));
        writeln!(page, "sizeof({address}) = {bytes} ({:#x}) bytes, {objects} objects", self.bytes)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        self.statistics.rows(rows)
    }
}
