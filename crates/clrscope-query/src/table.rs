//! What a table can do, whatever it holds.

use clrscope_memory::VirtAddr;

use crate::cell::Cell;
use crate::definition::Definition;
use crate::error::QueryError;

/// Which rows are wanted, and in what order. SQLite looks at every row that it is given once more: a
/// table may give more than it was asked for, never less.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// All, in the table's own order.
    All,
    /// Those with a value in a column.
    Equal(usize, Cell<'static>),
    /// Those whose value in a column is not below the first and not above the second number.
    Range(usize, Option<i64>, Option<i64>),
    /// All, grouped by a column.
    Grouped(usize),
}

impl Access {
    /// The address that a column must have.
    pub(crate) fn address(value: &Cell<'_>) -> Option<VirtAddr> {
        match value {
            Cell::Integer(number) => Some(VirtAddr(number.cast_unsigned())),
            _ => None,
        }
    }
}

/// A table.
pub(crate) trait Table: Send + Sync {
    /// Its name and its columns.
    fn definition(&self) -> &'static Definition;

    /// Its rows.
    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError>;
}

/// Some rows of a table, one after the other.
pub(crate) trait Rows {
    /// Goes to the next row, at first to the first; `false` if there is none.
    fn advance(&mut self) -> Result<bool, QueryError>;

    /// The value of a column of the row.
    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError>;
}

/// No rows.
pub(crate) struct NoRows;

impl Rows for NoRows {
    fn advance(&mut self) -> Result<bool, QueryError> {
        Ok(false)
    }

    fn cell(&self, _: usize) -> Result<Cell<'_>, QueryError> {
        Ok(Cell::Null)
    }
}
