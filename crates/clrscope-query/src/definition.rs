//! What a table is called, what its columns are, and by which of them rows are found quickly.

use std::fmt::Write;

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A number.
    Integer,
    /// An address of the process. Answers print it in hexadecimal.
    Address,
    /// Yes or no: 1 or 0.
    Flag,
    /// Text.
    Text,
}

impl ColumnKind {
    /// The type that the table declares. SQLite gives it back with the columns of an answer.
    pub const fn declared(self) -> &'static str {
        match self {
            ColumnKind::Integer => "INTEGER",
            ColumnKind::Address => "ADDRESS",
            ColumnKind::Flag => "FLAG",
            ColumnKind::Text => "TEXT",
        }
    }

    /// The kind that a declared type stands for.
    pub(crate) fn from_declared(declared: &str) -> Option<ColumnKind> {
        [ColumnKind::Integer, ColumnKind::Address, ColumnKind::Flag, ColumnKind::Text]
            .into_iter()
            .find(|kind| kind.declared() == declared)
    }
}

/// How rows are found by the value of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// By looking at all of them.
    None,
    /// Those with a value are found at once.
    Equal,
    /// So are those with values between two others; rows come in order of the column.
    Range,
    /// Those with a value are found at once, and all rows can come grouped by the column.
    Group,
    /// As [`Lookup::Group`], and the groups come in order.
    Order,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub kind: ColumnKind,
    /// What it says: one clause.
    pub about: &'static str,
    pub(crate) lookup: Lookup,
}

impl Column {
    pub(crate) const fn new(name: &'static str, kind: ColumnKind, about: &'static str) -> Column {
        Column { name, kind, about, lookup: Lookup::None }
    }

    pub(crate) const fn found_by(mut self, lookup: Lookup) -> Column {
        self.lookup = lookup;
        self
    }
}

impl Column {
    /// By which comparisons its rows are found without looking at all of them: `=`, `range`, `group`, `order`.
    /// With `group`, `GROUP BY` the column needs no sorting; with `order`, neither does `ORDER BY`.
    pub const fn found(&self) -> &'static [&'static str] {
        match self.lookup {
            Lookup::None => &[],
            Lookup::Equal => &["="],
            Lookup::Range => &["=", "range", "order"],
            Lookup::Group => &["=", "group"],
            Lookup::Order => &["=", "group", "order"],
        }
    }
}

/// A column of numbers.
pub(crate) const fn integer(name: &'static str, about: &'static str) -> Column {
    Column::new(name, ColumnKind::Integer, about)
}

/// A column of addresses.
pub(crate) const fn address(name: &'static str, about: &'static str) -> Column {
    Column::new(name, ColumnKind::Address, about)
}

/// A column of flags.
pub(crate) const fn flag(name: &'static str, about: &'static str) -> Column {
    Column::new(name, ColumnKind::Flag, about)
}

/// A column of text.
pub(crate) const fn text(name: &'static str, about: &'static str) -> Column {
    Column::new(name, ColumnKind::Text, about)
}

/// A table that queries can ask.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What a row of it is: a sentence or two.
    pub about: &'static str,
    /// Its columns, in order.
    pub columns: &'static [Column],
    /// How many rows it is taken to have when a query is planned.
    pub(crate) usual_rows: i64,
}

impl Definition {
    /// What SQLite is told: a statement without comments.
    pub(crate) fn declaration(&self) -> String {
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("\"{}\" {}", column.name, column.kind.declared()))
            .collect();
        format!("CREATE TABLE x({})", columns.join(", "))
    }

    /// The table as a statement with a comment for each column, for people. In brackets stands how rows are found
    /// by the column: see [`Column::found`].
    pub fn schema(&self) -> String {
        let mut text = format!("-- {}\nCREATE TABLE {} (\n", self.about, self.name);
        let last = self.columns.len().saturating_sub(1);
        let width = self.columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for (index, column) in self.columns.iter().enumerate() {
            let declared = column.kind.declared();
            let found = match column.found() {
                [] => String::new(),
                found => format!(" [{}]", found.join(", ")),
            };
            let comma = if index == last { " " } else { "," };
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "  {:width$} {declared}{comma}{:pad$} -- {}{found}",
                column.name,
                "",
                column.about,
                pad = 7usize.saturating_sub(declared.len()),
            );
        }
        text.push_str(");\n");
        text
    }
}
