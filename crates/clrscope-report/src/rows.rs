//! Rows for programs that read tables: TSV and CSV.

use std::fmt;
use std::io::{self, Write};

use clrscope_memory::VirtAddr;

use crate::escape::Escaped;
use crate::number::Address;

/// A value in a row.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// Text, which may come from the dump.
    Text(&'a str),
    /// A count or a size.
    Number(u64),
    /// A whole number that can be negative.
    Integer(i64),
    /// A number that need not be whole.
    Real(f64),
    /// An address, written with `0x`.
    Address(VirtAddr),
    /// Yes or no.
    Flag(bool),
    /// Nothing.
    Empty,
}

impl<'a> Cell<'a> {
    /// The text, or nothing.
    pub fn optional(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Empty, Cell::Text)
    }

    /// The number, or nothing.
    pub fn optional_number(number: Option<u64>) -> Cell<'a> {
        number.map_or(Cell::Empty, Cell::Number)
    }
}

impl From<Address> for Cell<'_> {
    fn from(address: Address) -> Self {
        Cell::Address(VirtAddr(address.0))
    }
}

/// A sink for the rows of one table. Control characters are escaped, and text that a spreadsheet would
/// take for a formula is preceded by an apostrophe, so that opening the file never runs anything.
pub struct Rows<'w> {
    writer: csv::Writer<&'w mut dyn Write>,
    scratch: String,
}

impl<'w> Rows<'w> {
    /// Rows separated by commas, quoted where needed.
    pub fn csv(out: &'w mut dyn Write) -> Rows<'w> {
        Rows { writer: csv::WriterBuilder::new().from_writer(out), scratch: String::new() }
    }

    /// Rows separated by tabs, never quoted.
    pub fn tsv(out: &'w mut dyn Write) -> Rows<'w> {
        let writer = csv::WriterBuilder::new()
            .delimiter(b'\t')
            .quote_style(csv::QuoteStyle::Never)
            .from_writer(out);
        Rows { writer, scratch: String::new() }
    }

    /// The names of the columns; the first thing to write.
    pub fn header(&mut self, names: &[&str]) -> io::Result<()> {
        self.writer.write_record(names).map_err(into_io)
    }

    /// One row: a cell for each column.
    pub fn row(&mut self, cells: &[Cell<'_>]) -> io::Result<()> {
        for &cell in cells {
            self.scratch.clear();
            render(cell, &mut self.scratch).map_err(io::Error::other)?;
            self.writer.write_field(&self.scratch).map_err(into_io)?;
        }
        self.writer.write_record(None::<&[u8]>).map_err(into_io)
    }

    /// Writes what is still in the buffer.
    pub fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

fn render(cell: Cell<'_>, out: &mut String) -> fmt::Result {
    use fmt::Write as _;
    match cell {
        Cell::Text(text) => {
            if is_formula(text) {
                out.push('\'');
            }
            write!(out, "{}", Escaped(text))
        }
        Cell::Number(number) => write!(out, "{number}"),
        Cell::Integer(number) => write!(out, "{number}"),
        Cell::Real(number) => write!(out, "{number}"),
        Cell::Address(address) => write!(out, "{address}"),
        Cell::Flag(flag) => write!(out, "{}", if flag { "true" } else { "false" }),
        Cell::Empty => Ok(()),
    }
}

/// Whether a spreadsheet could take the text for a formula.
fn is_formula(text: &str) -> bool {
    matches!(
        text.trim_start().chars().next(),
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    ) || text.starts_with(['\t', '\r', '\n'])
}

/// The error beneath, so that a closed pipe is still recognised as one.
fn into_io(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Rows<'_>), csv: bool) -> String {
        let mut out = Vec::new();
        let mut rows = if csv { Rows::csv(&mut out) } else { Rows::tsv(&mut out) };
        write(&mut rows);
        rows.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    fn sample(rows: &mut Rows<'_>) {
        rows.header(&["mt", "count", "name"]).unwrap();
        let name = Cell::Text("Dictionary<System.String, \"x\">");
        rows.row(&[Cell::Address(VirtAddr(0x1000)), Cell::Number(12_345), name]).unwrap();
    }

    #[test]
    fn cells_are_quoted_only_where_the_format_needs_it() {
        assert_eq!(
            written(sample, true),
            "mt,count,name\n0x1000,12345,\"Dictionary<System.String, \"\"x\"\">\"\n"
        );
        assert_eq!(
            written(sample, false),
            "mt\tcount\tname\n0x1000\t12345\tDictionary<System.String, \"x\">\n"
        );
    }

    #[test]
    fn formulas_and_control_characters_do_no_harm() {
        let hostile = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1", " =1", "a\tb\nc"];
        let text = written(
            |rows| hostile.iter().for_each(|cell| rows.row(&[Cell::Text(cell)]).unwrap()),
            false,
        );
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            ["'=cmd|' /C calc'!A0", "'+1", "'-1", "'@SUM(1)", "'\\t=1", "' =1", "a\\tb\\nc"]
        );
    }
}
