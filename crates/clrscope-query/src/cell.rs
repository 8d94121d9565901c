//! What stands in a row of a table.

use std::borrow::Cow;

use clrscope_memory::VirtAddr;

/// A value of one column of one row, on its way to SQLite.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Cell<'r> {
    /// Nothing, or not known.
    Null,
    /// A number, an address, or a flag.
    Integer(i64),
    /// Text.
    Text(Cow<'r, str>),
}

impl<'r> Cell<'r> {
    /// Text that outlives the row.
    pub(crate) fn text(text: impl Into<Cow<'r, str>>) -> Cell<'r> {
        Cell::Text(text.into())
    }

    /// The value of an option, or nothing.
    pub(crate) fn optional<T: Into<Cell<'r>>>(value: Option<T>) -> Cell<'r> {
        value.map_or(Cell::Null, Into::into)
    }

    /// The same, borrowed.
    pub(crate) fn borrowed(&self) -> Cell<'_> {
        match self {
            Cell::Null => Cell::Null,
            Cell::Integer(number) => Cell::Integer(*number),
            Cell::Text(text) => Cell::Text(Cow::Borrowed(text)),
        }
    }
}

impl From<VirtAddr> for Cell<'_> {
    /// SQLite has signed numbers only: an address keeps its bits.
    fn from(address: VirtAddr) -> Self {
        Cell::Integer(address.0.cast_signed())
    }
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Cell<'_> {
    fn from(number: u32) -> Self {
        Cell::Integer(number.into())
    }
}

impl From<usize> for Cell<'_> {
    fn from(number: usize) -> Self {
        Cell::from(number as u64)
    }
}

impl From<bool> for Cell<'_> {
    fn from(flag: bool) -> Self {
        Cell::Integer(flag.into())
    }
}

impl<'r> From<&'r str> for Cell<'r> {
    fn from(text: &'r str) -> Self {
        Cell::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(Cow::Owned(text))
    }
}
