//! `layout`: where the fields of the runtime's structures are, and how that is known.

use std::io;

use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A field of a structure of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct FieldEntry {
    /// Its name.
    pub name: &'static str,
    /// Bytes from the start of the structure.
    pub offset: u64,
    /// `contract`, `gcdacvars`, `table`, `inferred` or `structural`.
    pub source: &'static str,
    /// Which one: the name of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// If inferred: instances that agreed with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub votes: Option<u64>,
    /// If inferred: instances that agreed with the next best offset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<u64>,
}

/// A structure of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct StructureEntry {
    /// Its name.
    pub name: &'static str,
    /// Its fields, by offset.
    pub fields: Vec<FieldEntry>,
}

/// A global variable of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct GlobalEntry {
    /// Its name.
    pub name: &'static str,
    /// Its address, or its value if it is a constant of the contract.
    pub address: Address,
    /// As for fields.
    pub source: &'static str,
    /// As for fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The answer of `layout`.
#[derive(Debug, Clone, Serialize)]
pub struct LayoutReport {
    /// All structures, by name.
    pub structures: Vec<StructureEntry>,
    /// All globals, by name.
    pub globals: Vec<GlobalEntry>,
}

impl Report for LayoutReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Structure", Align::Left),
            ("Field", Align::Left),
            ("Offset", Align::Right),
            ("Source", Align::Left),
        ]);
        for structure in &self.structures {
            for field in &structure.fields {
                let source = source(field.source, field.detail.as_deref());
                let votes = field.votes.zip(field.runner_up).map_or_else(String::new, |(a, b)| {
                    format!(" ({a} votes, the next best has {b})")
                });
                table.row([
                    &structure.name as &dyn std::fmt::Display,
                    &field.name,
                    &format!("{:#x}", field.offset),
                    &format!("{source}{votes}"),
                ]);
            }
        }
        table.write(page)?;
        writeln!(page)?;
        let mut table = Columns::new(&[
            ("Global", Align::Left),
            ("Address", Align::Left),
            ("Source", Align::Left),
        ]);
        for global in &self.globals {
            table.row([
                &global.name as &dyn std::fmt::Display,
                &page.style().address(global.address.into()),
                &source(global.source, global.detail.as_deref()),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["structure", "field", "value", "source", "detail"])?;
        for structure in &self.structures {
            for field in &structure.fields {
                rows.row(&[
                    Cell::Text(structure.name),
                    Cell::Text(field.name),
                    Cell::Number(field.offset),
                    Cell::Text(field.source),
                    Cell::optional(field.detail.as_deref()),
                ])?;
            }
        }
        for global in &self.globals {
            rows.row(&[
                Cell::Empty,
                Cell::Text(global.name),
                global.address.into(),
                Cell::Text(global.source),
                Cell::optional(global.detail.as_deref()),
            ])?;
        }
        Ok(())
    }
}

fn source(source: &str, detail: Option<&str>) -> String {
    match detail {
        Some(detail) => format!("{source} {detail}"),
        None => source.to_owned(),
    }
}
