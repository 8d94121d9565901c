//! `query .tables` and `query .schema`: what can be asked.

use std::fmt::Display;
use std::io;

use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnEntry {
    /// Its name.
    pub name: &'static str,
    /// What its values are: `INTEGER`, `ADDRESS`, `FLAG` or `TEXT`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What it says.
    pub about: &'static str,
    /// By which comparisons rows are found without looking at all of them: `=`, `range`, `group`, `order`.
    pub found_by: &'static [&'static str],
}

/// A table.
#[derive(Debug, Clone, Serialize)]
pub struct TableEntry {
    /// Its name.
    pub name: &'static str,
    /// What a row of it is.
    pub about: &'static str,
    /// Its columns, in order.
    pub columns: Vec<ColumnEntry>,
    /// The statement that would make it, with comments.
    #[serde(skip)]
    pub text: String,
}

/// The answer of `query .schema`.
#[derive(Debug, Clone, Serialize)]
pub struct Schema {
    /// The tables.
    pub tables: Vec<TableEntry>,
}

impl Report for Schema {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for (index, table) in self.tables.iter().enumerate() {
            let line = if index > 0 { "\n" } else { "" };
            write!(page, "{line}{}", table.text)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["table", "column", "type", "about"])?;
        for table in &self.tables {
            for column in &table.columns {
                let cells = [table.name, column.name, column.kind, column.about];
                rows.row(&cells.map(Cell::Text))?;
            }
        }
        Ok(())
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// A table in the answer of `query .tables`.
#[derive(Debug, Clone, Serialize)]
pub struct TableLine {
    /// Its name.
    pub name: &'static str,
    /// What a row of it is.
    pub about: &'static str,
    /// The names of its columns, in order.
    pub columns: Vec<&'static str>,
}

/// The answer of `query .tables`.
#[derive(Debug, Clone, Serialize)]
pub struct Tables {
    /// The tables.
    pub tables: Vec<TableLine>,
}

impl Report for Tables {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[("Table", Align::Left), ("Columns", Align::Left)]);
        for line in &self.tables {
            table.row([&line.name as &dyn Display, &line.columns.join(", ")]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["table", "about"])?;
        self.tables.iter().try_for_each(|line| rows.row(&[line.name, line.about].map(Cell::Text)))
    }

    fn is_bare(&self) -> bool {
        true
    }
}
