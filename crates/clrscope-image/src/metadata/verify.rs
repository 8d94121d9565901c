//! Whether every index of every row leads somewhere.

use clrscope_memory::{Issue, IssueKind, Issues};

use super::heap::{BlobIndex, GuidIndex, StringIndex};
use super::reader::Metadata;
use super::table::{Column, TABLE_COUNT};
use super::token::{TableId, Token};

impl Metadata<'_> {
    /// Looks at every column of every row, and reports each index that leads nowhere.
    pub fn verify(&self) -> Issues {
        let mut issues = Issues::new();
        for number in 0..TABLE_COUNT as u8 {
            let table = TableId(number);
            let columns = table.columns().unwrap_or(&[]);
            for rid in 1..=self.row_count(table) {
                for (index, &column) in columns.iter().enumerate() {
                    let value = self.column(table, rid, index as u32).unwrap_or(0);
                    if !self.is_sound(column, value) {
                        issues.push(Issue::general(
                            IssueKind::BadValue,
                            format!(
                                "metadata row {table:?} {rid}, column {index}: {value:#x} \
                                 leads nowhere"
                            ),
                        ));
                    }
                }
            }
        }
        issues
    }

    fn is_sound(&self, column: Column, value: u32) -> bool {
        match column {
            Column::U16 | Column::U32 => true,
            Column::String => value == 0 || self.heaps.string(StringIndex(value)).is_some(),
            Column::Blob => value == 0 || self.heaps.blob(BlobIndex(value)).is_some(),
            Column::Guid => value == 0 || self.heaps.guid(GuidIndex(value)).is_some(),
            // Lists may begin behind the last row: then they are empty.
            Column::Row(table) => value <= self.limit(table),
            Column::Coded(coded) => coded
                .decode(value)
                .is_some_and(|token: Token| token.rid() <= self.row_count(token.table())),
        }
    }

    /// One more than there are rows, or pointers to rows.
    fn limit(&self, table: TableId) -> u32 {
        let pointers = match table {
            TableId::Field => TableId::FieldPtr,
            TableId::MethodDef => TableId::MethodPtr,
            TableId::Param => TableId::ParamPtr,
            TableId::Event => TableId::EventPtr,
            TableId::Property => TableId::PropertyPtr,
            other => other,
        };
        self.row_count(table).max(self.row_count(pointers)) + 1
    }
}
