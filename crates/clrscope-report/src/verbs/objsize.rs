//! `objsize`: what an object keeps alive, whoever else does.

use std::io;

use serde::Serialize;

use super::dumpheap::Statistics;
use crate::escape::Escaped;
use crate::number::Address;
use crate::object_entry::ObjectEntry;
use crate::page::Page;
use crate::report::Report;
use crate::rows::Rows;
use clrscope_analyze::Grouped;

/// Whose references are followed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Holders {
    /// Those of one object.
    Object(ObjectEntry),
    /// Those of all objects of a type.
    Type {
        /// Its method table.
        mt: Address,
        /// Its name.
        name: String,
        /// How many there are.
        count: u64,
    },
}

/// The answer of `objsize`.
#[derive(Debug, Clone, Serialize)]
pub struct ObjSize {
    /// Who refers.
    #[serde(flatten)]
    pub holders: Holders,
    /// How many objects that is in all, themselves included.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those objects by type.
    pub statistics: Statistics,
}

impl ObjSize {
    /// Says that `holders` refer to what `statistics` counts.
    pub fn new(holders: Holders, statistics: Statistics) -> ObjSize {
        ObjSize { holders, objects: statistics.objects, bytes: statistics.bytes, statistics }
    }
}

impl Report for ObjSize {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let at = match self.holders {
            Holders::Object(ref object) => object.address,
            Holders::Type { mt, .. } => mt,
        };
        let address = style.address(at.into());
        match &self.holders {
            Holders::Object(object) => {
                let name = Escaped(&object.name);
                writeln!(page, "Objects which {name} ({address}) transitively keeps alive:")?;
            }
            Holders::Type { name, count, .. } => {
                let (count, name) = (Grouped(*count), Escaped(name));
                writeln!(
                    page,
                    "Objects which {count} {name} ({address}) transitively keep alive:"
                )?;
            }
        }
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
