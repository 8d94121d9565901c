//! Tokens: a table and the number of a row in it.

use std::fmt;

/// Number of a table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableId(pub u8);

impl TableId {
    /// The "table" of tokens of user strings.
    pub const USER_STRING: TableId = TableId(0x70);
}

impl fmt::Debug for TableId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "TableId({:#04x})", self.0),
        }
    }
}

/// Names a row of a table, or a user string: the table's number in the high byte, the row's number,
/// from 1, in the rest. Row 0 is nil. Source: ECMA-335 III.1.9.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Token(pub u32);

impl Token {
    /// The token of a row; the number is cut to 24 bits.
    pub const fn new(table: TableId, rid: u32) -> Token {
        Token((table.0 as u32) << 24 | rid & 0xff_ffff)
    }

    /// The table.
    pub const fn table(self) -> TableId {
        TableId((self.0 >> 24) as u8)
    }

    /// Number of the row, from 1.
    pub const fn rid(self) -> u32 {
        self.0 & 0xff_ffff
    }

    /// Whether it names no row.
    pub const fn is_nil(self) -> bool {
        self.rid() == 0
    }

    /// The number of the row, if the token names one of `table`.
    pub fn rid_in(self, table: TableId) -> Option<u32> {
        (self.table() == table && !self.is_nil()).then(|| self.rid())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:#010x})", self.0)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}
