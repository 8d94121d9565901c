//! The metadata of a module.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use clrscope_memory::{Issues, Parsed};

use super::found::{HashedName, Order};
use super::heap::{BlobIndex, GuidIndex, Heaps, StringIndex, text};
use super::root::{self, MetadataError};
use super::rows::{Row, RowReader};
use super::table::{TABLE_COUNT, TableLayout};
use super::token::{TableId, Token};
use crate::Guid;

/// ECMA-335 metadata over borrowed bytes.
///
/// Parsing reads the headers only. A row is read in constant time and copied out as a small struct;
/// names and signatures are borrowed from the bytes. An index that leads nowhere gives an empty name or
/// blob; [`Metadata::verify`] finds all such indexes.
#[derive(Clone)]
pub struct Metadata<'data> {
    version: &'data [u8],
    is_uncompressed: bool,
    pub(crate) heaps: Heaps<'data>,
    stream: &'data [u8],
    layouts: [TableLayout; TABLE_COUNT],
    /// For each table the order of its rows by their key, made when it is first needed.
    pub(crate) orders: Box<[OnceLock<Order>; TABLE_COUNT]>,
    pub(crate) names: OnceLock<Box<[HashedName]>>,
}

impl<'data> Metadata<'data> {
    /// Reads the headers of the metadata whose root is at the start of `bytes`. Tables that are cut
    /// off, or lie behind one that is unknown, have as many rows as can be read; that is an issue.
    ///
    /// # Errors
    /// If it is no metadata, or there is no table stream.
    pub fn parse(bytes: &'data [u8]) -> Result<Parsed<Metadata<'data>>, MetadataError> {
        let mut issues = Issues::new();
        let root = root::parse_root(bytes, &mut issues)?;
        let layouts = root::lay_out(&root, &mut issues)?;
        let value = Metadata {
            version: root.version,
            is_uncompressed: root.is_uncompressed,
            heaps: root.heaps,
            stream: root.tables,
            layouts,
            orders: Box::new([const { OnceLock::new() }; TABLE_COUNT]),
            names: OnceLock::new(),
        };
        Ok(Parsed { value, issues })
    }

    /// The version of the runtime that it was made for, such as `v4.0.30319`.
    pub fn version(&self) -> Cow<'data, str> {
        text(self.version)
    }

    /// Whether its table stream is `#-`, that of metadata that grew, rather than `#~`.
    pub fn is_uncompressed(&self) -> bool {
        self.is_uncompressed
    }

    /// How many rows a table has.
    pub fn row_count(&self, table: TableId) -> u32 {
        self.layouts.get(usize::from(table.0)).map_or(0, |layout| layout.rows)
    }

    /// A row by its number, from 1.
    pub fn row<R: Row>(&self, rid: u32) -> Option<R> {
        let (layout, bytes) = self.row_bytes(R::TABLE, rid)?;
        Some(R::read(&mut RowReader { layout, bytes, next: 0 }))
    }

    /// The row that a token names, if it is one of this table.
    pub fn row_of<R: Row>(&self, token: Token) -> Option<R> {
        self.row(token.rid_in(R::TABLE)?)
    }

    /// All rows of a table, each with its number.
    pub fn rows<R: Row>(&self) -> impl ExactSizeIterator<Item = (u32, R)> + '_ {
        let layout = &self.layouts[usize::from(R::TABLE.0) % TABLE_COUNT];
        let size = usize::from(layout.row_size);
        let all = self.stream.get(layout.offset..).unwrap_or(&[]);
        let rows = all.get(..size * layout.rows as usize).unwrap_or(&[]);
        rows.chunks_exact(size.max(1)).enumerate().map(move |(index, bytes)| {
            (index as u32 + 1, R::read(&mut RowReader { layout, bytes, next: 0 }))
        })
    }

    pub(crate) fn row_bytes(
        &self,
        table: TableId,
        rid: u32,
    ) -> Option<(&TableLayout, &'data [u8])> {
        let layout = self.layouts.get(usize::from(table.0))?;
        if rid == 0 || rid > layout.rows {
            return None;
        }
        let size = usize::from(layout.row_size);
        let start = layout.offset + (rid as usize - 1) * size;
        Some((layout, self.stream.get(start..start + size)?))
    }

    /// One column of a row.
    pub(crate) fn column(&self, table: TableId, rid: u32, column: u32) -> Option<u32> {
        let (layout, bytes) = self.row_bytes(table, rid)?;
        layout.column(bytes, column)
    }

    /// A string; empty if there is none.
    pub fn string(&self, index: StringIndex) -> Cow<'data, str> {
        text(self.string_bytes(index))
    }

    /// The bytes of a string, which should be UTF-8; empty if there is none.
    pub fn string_bytes(&self, index: StringIndex) -> &'data [u8] {
        self.heaps.string(index).unwrap_or(&[])
    }

    /// A blob; empty if there is none.
    pub fn blob(&self, index: BlobIndex) -> &'data [u8] {
        self.heaps.blob(index).unwrap_or(&[])
    }

    /// A GUID.
    pub fn guid(&self, index: GuidIndex) -> Option<Guid> {
        self.heaps.guid(index)
    }

    /// The string that a `ldstr` instruction loads, by its token.
    pub fn user_string(&self, token: Token) -> Option<String> {
        (token.table() == TableId::USER_STRING).then(|| self.heaps.user_string(token.rid()))?
    }
}

impl fmt::Debug for Metadata<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("version", &self.version())
            .field("stream_bytes", &self.stream.len())
            .finish_non_exhaustive()
    }
}
