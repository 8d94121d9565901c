//! Aligned columns, as wide as their widest cell.

use std::fmt::{self, Display};
use std::io;

use comfy_table::{CellAlignment, ColumnConstraint, Table};

use crate::page::Page;

/// How the cells of a column are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A table for people whose columns are as wide as their content: for tables of moderate length. Rows
/// in their millions are written as they come, with columns of fixed width.
pub struct Columns {
    table: Table,
}

impl Columns {
    /// An empty table with a heading for each column.
    pub fn new(headings: &[(&str, Align)]) -> Columns {
        let mut table = Table::new();
        table.load_style(comfy_table::presets::NOTHING);
        table.set_header(headings.iter().map(|&(heading, _)| heading));
        for (column, &(_, align)) in table.column_iter_mut().zip(headings) {
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
            column.set_padding((0, 1));
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        Columns { table }
    }

    /// Adds a row: a cell for each column.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a dyn Display>) {
        self.table.add_row(cells.into_iter().map(|cell| cell.to_string()));
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.table.row_count() == 0
    }

    /// Writes headings and rows, without blanks at the ends of lines.
    pub fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        for line in self.table.lines() {
            writeln!(page, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Columns").field("rows", &self.table.row_count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::Target;

    use super::*;
    use crate::{Grouped, Style};

    #[test]
    fn columns_are_aligned_and_end_without_blanks() {
        let mut columns = Columns::new(&[("Count", Align::Right), ("Name", Align::Left)]);
        columns.row([&Grouped(12_345) as &dyn Display, &"System.String"]);
        columns.row([&Grouped(1) as &dyn Display, &"X"]);
        let mut out = Vec::new();
        columns.write(&mut Page::new(&mut out, Style::plain(Target::X64_WINDOWS))).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            " Count Name\n12,345 System.String\n     1 X\n"
        );
    }
}
