//! Rows: one type for each table, with a field for each column.

use super::table::TableLayout;
use super::token::TableId;

/// Reads the columns of one row, one after the other.
#[derive(Debug)]
pub struct RowReader<'a> {
    pub(crate) layout: &'a TableLayout,
    pub(crate) bytes: &'a [u8],
    pub(crate) next: u32,
}

impl RowReader<'_> {
    fn value(&mut self) -> u32 {
        // A row has as many bytes as its columns take.
        let value = self.layout.column(self.bytes, self.next).unwrap_or(0);
        self.next += 1;
        value
    }
}

mod sealed {
    /// Rows are what this crate says they are.
    pub trait Sealed {}
}

/// A row of one of the tables.
pub trait Row: sealed::Sealed + Copy {
    /// The table.
    const TABLE: TableId;

    /// Reads the row.
    #[doc(hidden)]
    fn read(reader: &mut RowReader<'_>) -> Self;
}

macro_rules! column {
    (type U16) => {
        u16
    };
    (type U32) => {
        u32
    };
    (type String) => {
        StringIndex
    };
    (type Guid) => {
        GuidIndex
    };
    (type Blob) => {
        BlobIndex
    };
    (type Row $of:ident) => {
        Token
    };
    (type Coded $of:ident) => {
        Token
    };
    (schema Row $of:ident) => {
        Column::Row(TableId::$of)
    };
    (schema Coded $of:ident) => {
        Column::Coded(Coded::$of)
    };
    (schema $kind:ident) => {
        Column::$kind
    };
    (read $reader:ident U16) => {
        $reader.value() as u16
    };
    (read $reader:ident U32) => {
        $reader.value()
    };
    (read $reader:ident String) => {
        StringIndex($reader.value())
    };
    (read $reader:ident Guid) => {
        GuidIndex($reader.value())
    };
    (read $reader:ident Blob) => {
        BlobIndex($reader.value())
    };
    (read $reader:ident Row $of:ident) => {
        Token::new(TableId::$of, $reader.value())
    };
    (read $reader:ident Coded $of:ident) => {
        Coded::$of.decode($reader.value()).unwrap_or_default()
    };
}

macro_rules! tables {
    ($(
        $(#[$doc:meta])*
        $name:ident = $number:literal {
            $( $(#[$field_doc:meta])* $field:ident: $kind:ident $(($of:ident))?, )*
        }
    )*) => {
        #[allow(non_upper_case_globals)]
        impl TableId {
            $( $(#[$doc])* pub const $name: TableId = TableId($number); )*

            /// Its name in the standard; `None` for a number that stands for no table.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( TableId::$name => Some(stringify!($name)), )*
                    _ => None,
                }
            }

            /// Its columns; `None` for a number that stands for no table.
            pub(crate) const fn columns(self) -> Option<&'static [Column]> {
                match self {
                    $( TableId::$name => Some(&[$( column!(schema $kind $($of)?) ),*]), )*
                    _ => None,
                }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub struct $name {
                $( $(#[$field_doc])* pub $field: column!(type $kind $($of)?), )*
            }

            impl sealed::Sealed for $name {}

            impl Row for $name {
                const TABLE: TableId = TableId::$name;

                fn read(reader: &mut RowReader<'_>) -> Self {
                    $name { $( $field: column!(read reader $kind $($of)?), )* }
                }
            }
        )*
    };
}

mod tables;

pub use self::tables::*;
