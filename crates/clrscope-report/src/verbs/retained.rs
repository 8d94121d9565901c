//! `retained`: who alone keeps how much alive.

use std::fmt::Display;
use std::io;

use clrscope_analyze::RetainedGroup;
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// What memory is added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Single objects.
    Object,
    /// The objects that were named, together.
    Set,
    /// Types.
    Type,
    /// Static fields.
    Static,
    /// Assemblies.
    Module,
    /// Load contexts.
    Alc,
}

/// What an object, or a group of them, alone keeps alive.
#[derive(Debug, Clone, Serialize)]
pub struct RetainedRow {
    /// The object, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The type, if it is one.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub ty: Option<String>,
    /// The static field, if it is one.
    #[serde(rename = "static", skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The name of its type, of the static field, of the type, of the assembly.
    pub name: String,
    /// Objects of the group.
    pub count: u64,
    /// Their own bytes.
    pub shallow: u64,
    /// Objects that would be freed without them, themselves included.
    pub retained_count: u64,
    /// The bytes of those.
    pub retained: u64,
}

/// The answer of `retained`.
#[derive(Debug, Clone, Serialize)]
pub struct RetainedReport {
    /// What memory is added up by.
    pub by: By,
    /// Bytes of all objects that are alive.
    pub alive: u64,
    /// Those that retain most first.
    pub retained: Vec<RetainedRow>,
}

impl RetainedRow {
    /// The row of a group of those that memory is added up by.
    pub fn of_group(by: By, group: RetainedGroup) -> RetainedRow {
        let named = |wanted: By| (by == wanted).then(|| group.name.clone());
        RetainedRow {
            address: None,
            ty: named(By::Type),
            field: named(By::Static),
            name: group.name,
            count: group.own.objects,
            shallow: group.own.bytes,
            retained_count: group.retained.objects,
            retained: group.retained.bytes,
        }
    }
}

impl Report for RetainedReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let first = match self.by {
            By::Object => "Address",
            _ => "Count",
        };
        let mut table = Columns::new(&[
            (first, Align::Right),
            ("Shallow", Align::Right),
            ("Objects", Align::Right),
            ("Retained", Align::Right),
            ("%", Align::Right),
            ("Name", Align::Left),
        ]);
        for row in &self.retained {
            let first = match row.address {
                Some(address) => style.address(address.into()).to_string(),
                None => Grouped(row.count).to_string(),
            };
            let part = row.retained as f64 * 100.0 / self.alive.max(1) as f64;
            table.row([
                &first as &dyn Display,
                &Grouped(row.shallow),
                &Grouped(row.retained_count),
                &Grouped(row.retained),
                &format_args!("{part:.1}"),
                &Escaped(&row.name),
            ]);
        }
        table.write(page)?;
        writeln!(page)?;
        writeln!(page, "Alive: {} bytes", Grouped(self.alive))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "count", "shallow", "retained_count", "retained", "name"])?;
        for row in &self.retained {
            rows.row(&[
                row.address.map_or(Cell::Empty, Cell::from),
                Cell::Number(row.count),
                Cell::Number(row.shallow),
                Cell::Number(row.retained_count),
                Cell::Number(row.retained),
                Cell::Text(&row.name),
            ])?;
        }
        Ok(())
    }
}
