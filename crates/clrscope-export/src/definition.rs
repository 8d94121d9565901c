//! What the files hold: tables, columns, and what they say.

use std::fmt::Write;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// An unsigned number of 64 bits: an address, a size, a count.
    U64,
    /// An unsigned number of 32 bits.
    U32,
    /// Yes or no.
    Bool,
    /// Text in UTF-8.
    Text,
}

impl ColumnKind {
    fn arrow(self) -> DataType {
        match self {
            ColumnKind::U64 => DataType::UInt64,
            ColumnKind::U32 => DataType::UInt32,
            ColumnKind::Bool => DataType::Boolean,
            ColumnKind::Text => DataType::Utf8,
        }
    }

    /// The name that the documentation uses.
    pub const fn name(self) -> &'static str {
        match self {
            ColumnKind::U64 => "u64",
            ColumnKind::U32 => "u32",
            ColumnKind::Bool => "bool",
            ColumnKind::Text => "text",
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
    /// Whether a value can be absent.
    pub nullable: bool,
    /// What it says: one clause.
    pub about: &'static str,
}

/// A column in which every row has a value.
pub(crate) const fn column(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, kind, nullable: false, about }
}

/// A column in which a row may have none.
pub(crate) const fn optional(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
    Column { name, kind, nullable: true, about }
}

/// A table.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its name, which is that of its folder.
    pub name: &'static str,
    /// What a row of it is.
    pub about: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
}

impl Definition {
    pub(crate) fn schema(&self) -> Arc<Schema> {
        let fields = self.columns.iter();
        let fields: Vec<Field> = fields
            .map(|column| Field::new(column.name, column.kind.arrow(), column.nullable))
            .collect();
        Arc::new(Schema::new(fields))
    }

    /// The table as the documentation shows it: a table of Markdown.
    pub fn documentation(&self) -> String {
        let mut text = format!("{}\n\n| column | type | says |\n|---|---|---|\n", self.about);
        for column in self.columns {
            let absent = if column.nullable { ", may be null" } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| `{}` | {}{absent} | {} |",
                column.name,
                column.kind.name(),
                column.about
            );
        }
        text
    }
}
