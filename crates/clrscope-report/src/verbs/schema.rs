//! `query .schema`: the tables that can be asked.

use std::io;

use serde::Serialize;

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
