//! The tables: what columns each has, and where its rows are.

use super::coded::Coded;
use super::token::TableId;

/// How many tables the table stream can name.
pub(crate) const TABLE_COUNT: usize = 64;

/// What a column holds, which decides whether it is two or four bytes wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    U16,
    U32,
    String,
    Guid,
    Blob,
    /// A row of a table.
    Row(TableId),
    /// A row of one of several tables.
    Coded(Coded),
}

/// Where a table's rows are, and how wide its columns are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TableLayout {
    /// Of the first row, in the table stream.
    pub(crate) offset: usize,
    /// Rows that are there.
    pub(crate) rows: u32,
    /// Bytes of one row.
    pub(crate) row_size: u8,
    /// One bit for each column: whether it is four bytes wide rather than two.
    wide: u16,
}

impl TableLayout {
    pub(crate) fn new(columns: &[Column], is_wide: impl Fn(Column) -> bool) -> TableLayout {
        let mut layout = TableLayout::default();
        for (index, &column) in columns.iter().enumerate() {
            let wide = is_wide(column);
            layout.wide |= u16::from(wide) << index;
            layout.row_size += if wide { 4 } else { 2 };
        }
        layout
    }

    /// The value of a column of a row.
    pub(crate) fn column(&self, row: &[u8], index: u32) -> Option<u32> {
        let before = self.wide & ((1u16 << index) - 1);
        let start = (index + before.count_ones()) as usize * 2;
        let bytes = row.get(start..)?;
        Some(if self.wide >> index & 1 != 0 {
            u32::from_le_bytes(*bytes.first_chunk()?)
        } else {
            u16::from_le_bytes(*bytes.first_chunk()?).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_behind_narrow_and_wide_ones() {
        let columns = [Column::U16, Column::U32, Column::String, Column::U16];
        let layout = TableLayout::new(&columns, |column| column == Column::U32);
        assert_eq!(layout.row_size, 10);
        let row = [1, 0, 2, 0, 0, 1, 3, 0, 4, 0];
        assert_eq!(layout.column(&row, 0), Some(1));
        assert_eq!(layout.column(&row, 1), Some(0x0100_0002));
        assert_eq!(layout.column(&row, 2), Some(3));
        assert_eq!(layout.column(&row, 3), Some(4));
        assert_eq!(layout.column(&row[..8], 3), None);
    }
}
