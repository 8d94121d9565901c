//! `ephrefs` and `ephtoloh`: references from one part of the heap into another.

use std::fmt::Display;
use std::io;

use clrscope_analyze::CrossReference;
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::object_entry::{Namer, ObjectEntry};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A reference.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceRow {
    /// The object that refers.
    pub from: ObjectEntry,
    /// Its generation.
    pub from_generation: &'static str,
    /// The object that it refers to.
    pub to: ObjectEntry,
    /// That one's generation.
    pub to_generation: &'static str,
}

/// The answer of `ephrefs` and `ephtoloh`.
#[derive(Debug, Clone, Serialize)]
pub struct CrossReferences {
    /// The references by the address of the object that refers.
    pub references: Vec<ReferenceRow>,
}

impl CrossReferences {
    /// Shows what was found.
    pub fn new(found: &[CrossReference], namer: Namer<'_>) -> CrossReferences {
        let row = |found: &CrossReference| ReferenceRow {
            from: namer.entry(&found.from),
            from_generation: found.from_generation.name(),
            to: namer.entry(&found.to),
            to_generation: found.to_generation.name(),
        };
        CrossReferences { references: found.iter().map(row).collect() }
    }
}

impl Report for CrossReferences {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut table = Columns::new(&[
            ("Object", Align::Left),
            ("Gen", Align::Left),
            ("Type", Align::Left),
            ("Refers To", Align::Left),
            ("Gen", Align::Left),
            ("Type", Align::Left),
        ]);
        for row in &self.references {
            table.row([
                &style.address(row.from.address.into()) as &dyn Display,
                &row.from_generation,
                &Escaped(&row.from.name),
                &style.address(row.to.address.into()),
                &row.to_generation,
                &Escaped(&row.to.name),
            ]);
        }
        table.write(page)?;
        writeln!(page)?;
        writeln!(page, "Total {} references", Grouped(self.references.len() as u64))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["from", "from_generation", "from_name", "to", "to_generation", "to_name"])?;
        for row in &self.references {
            rows.row(&[
                row.from.address.into(),
                Cell::Text(row.from_generation),
                Cell::Text(&row.from.name),
                row.to.address.into(),
                Cell::Text(row.to_generation),
                Cell::Text(&row.to.name),
            ])?;
        }
        Ok(())
    }
}
