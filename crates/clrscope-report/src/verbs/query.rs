//! `query`: the answer of a query, whatever its columns.

use std::cell::RefCell;
use std::fmt;
use std::io;

use clrscope_memory::VirtAddr;
use serde::ser::{Error as _, SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A value of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// An address.
    Address(VirtAddr),
    /// Text, which may come from the dump.
    Text(String),
}

/// Where the rows of an answer come from.
pub trait RowSource {
    /// Calls `visit` for each row in order, until it fails.
    fn visit(&self, visit: &mut dyn FnMut(&[Value]) -> io::Result<()>) -> io::Result<()>;
}

impl RowSource for Vec<Vec<Value>> {
    fn visit(&self, visit: &mut dyn FnMut(&[Value]) -> io::Result<()>) -> io::Result<()> {
        self.iter().try_for_each(|row| visit(row))
    }
}

/// The answer of `query`.
pub struct Answer<'a> {
    columns: Vec<String>,
    rows: &'a dyn RowSource,
}

impl<'a> Answer<'a> {
    /// An answer with these columns. Of those with the same name, all but the first get a number, so
    /// that each can be told from the others.
    pub fn new<'n>(columns: impl IntoIterator<Item = &'n str>, rows: &'a dyn RowSource) -> Self {
        let mut names: Vec<String> = Vec::new();
        for name in columns {
            let mut unique = name.to_owned();
            let mut number = 2;
            while names.contains(&unique) {
                unique = format!("{name}_{number}");
                number += 1;
            }
            names.push(unique);
        }
        Answer { columns: names, rows }
    }
}

/// Characters of a value that text shows.
const SHOWN: usize = 120;

impl Value {
    fn cell(&self) -> Cell<'_> {
        match self {
            Value::Null => Cell::Empty,
            Value::Integer(number) => Cell::Integer(*number),
            Value::Real(number) => Cell::Real(*number),
            Value::Flag(flag) => Cell::Flag(*flag),
            Value::Address(address) => Cell::Address(*address),
            Value::Text(text) => Cell::Text(text),
        }
    }

    fn shown(&self, style: Style) -> String {
        match self {
            Value::Null => String::new(),
            Value::Integer(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Flag(flag) => flag.to_string(),
            Value::Address(address) => style.address(*address).to_string(),
            Value::Text(text) => {
                let end = text.char_indices().nth(SHOWN).map(|(end, _)| end);
                let mark = if end.is_some() { "…" } else { "" };
                format!("{}{mark}", Escaped(&text[..end.unwrap_or(text.len())]))
            }
        }
    }
}

impl Report for Answer<'_> {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut is_number = vec![true; self.columns.len()];
        self.rows.visit(&mut |row| {
            for (value, is_number) in row.iter().zip(&mut is_number) {
                *is_number &= matches!(value, Value::Integer(_) | Value::Real(_) | Value::Null);
            }
            rows.push(row.iter().map(|value| value.shown(style)).collect());
            Ok(())
        })?;
        let names: Vec<String> =
            self.columns.iter().map(|name| Escaped(name).to_string()).collect();
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).chain(names.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let line = |cells: &[String]| {
            let mut line = String::new();
            for ((cell, &width), &right) in cells.iter().zip(&widths).zip(&is_number) {
                let pad = width.saturating_sub(cell.chars().count());
                let (before, after) = if right { (pad, 0) } else { (0, pad) };
                line.extend(std::iter::repeat_n(' ', before));
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', after + 1));
            }
            line.truncate(line.trim_end().len());
            line
        };
        page.heading(&line(&names))?;
        for row in &rows {
            writeln!(page, "{}", line(row))?;
        }
        writeln!(page, "Total {} rows", Grouped(rows.len() as u64))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        rows.header(&names)?;
        self.rows.visit(&mut |row| rows.row(&row.iter().map(Value::cell).collect::<Vec<_>>()))
    }
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut data = serializer.serialize_struct("Answer", 2)?;
        data.serialize_field("columns", &self.columns)?;
        data.serialize_field("rows", &Streamed(self))?;
        data.end()
    }
}

/// Rows as a JSON array of objects that is written as they come.
struct Streamed<'a>(&'a Answer<'a>);

impl Serialize for Streamed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        let failure = RefCell::new(None);
        let visited = self.0.rows.visit(&mut |row| {
            array.serialize_element(&Named { names: &self.0.columns, row }).map_err(|error| {
                *failure.borrow_mut() = Some(error);
                io::Error::other("the answer cannot be written")
            })
        });
        match (failure.into_inner(), visited) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => array.end(),
        }
    }
}

/// A row as a JSON object.
struct Named<'a> {
    names: &'a [String],
    row: &'a [Value],
}

impl Serialize for Named<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.row.len()))?;
        for (name, value) in self.names.iter().zip(self.row) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_none(),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Real(number) => serializer.serialize_f64(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Address(address) => Address::from(*address).serialize(serializer),
            Value::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("columns", &self.columns).finish_non_exhaustive()
    }
}
