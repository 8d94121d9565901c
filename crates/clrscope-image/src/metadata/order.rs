//! Finding rows by a key column: which class is nested in which, the constant of a field, the
//! attributes of anything.
//!
//! The standard wants these tables sorted by that column, and a bit in the table stream's header says
//! whether they are. The bit can lie, and metadata that grew (`#-`) is seldom sorted. So the order of
//! each table is looked at once, when it is first asked for.

use super::found::Order;
use super::reader::Metadata;
use super::table::Column;
use super::token::{TableId, Token};

/// Numbers of the rows that have a key.
#[derive(Debug, Clone)]
pub struct RowRange<'a> {
    places: std::ops::Range<u32>,
    permutation: Option<&'a [u32]>,
}

impl RowRange<'_> {
    const EMPTY: RowRange<'static> = RowRange { places: 0..0, permutation: None };
}

impl Iterator for RowRange<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let place = self.places.next()?;
        match self.permutation {
            Some(permutation) => permutation.get(place as usize).copied(),
            None => Some(place + 1),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl ExactSizeIterator for RowRange<'_> {}

/// The column that a table is searched by.
const fn key_column(table: TableId) -> Option<u32> {
    match table {
        TableId::FieldPtr
        | TableId::MethodPtr
        | TableId::ParamPtr
        | TableId::EventPtr
        | TableId::PropertyPtr
        | TableId::InterfaceImpl
        | TableId::CustomAttribute
        | TableId::FieldMarshal
        | TableId::EventMap
        | TableId::PropertyMap
        | TableId::MethodImpl
        | TableId::NestedClass
        | TableId::GenericParamConstraint => Some(0),
        TableId::Constant
        | TableId::DeclSecurity
        | TableId::FieldLayout
        | TableId::ImplMap
        | TableId::FieldRva => Some(1),
        TableId::ClassLayout | TableId::MethodSemantics | TableId::GenericParam => Some(2),
        _ => None,
    }
}

impl Metadata<'_> {
    /// Numbers of the rows of `table` whose key column names `token`, in their own order. Empty for a
    /// table that has no such column.
    pub(crate) fn find_rows(&self, table: TableId, token: Token) -> RowRange<'_> {
        self.find_rows_checked(table, token).unwrap_or(RowRange::EMPTY)
    }

    fn find_rows_checked(&self, table: TableId, token: Token) -> Option<RowRange<'_>> {
        let column = key_column(table)?;
        let key = match table.columns()?.get(column as usize)? {
            Column::Row(of) => token.rid_in(*of)?,
            Column::Coded(coded) => coded.encode(token)?,
            _ => return None,
        };
        let order = self.orders.get(usize::from(table.0))?;
        let order = order.get_or_init(|| self.order_of(table, column));
        let permutation = match order {
            Order::Sorted => None,
            Order::Permuted(permutation) => Some(&**permutation),
        };
        let rid = |place: u32| match permutation {
            Some(permutation) => permutation.get(place as usize).copied().unwrap_or(0),
            None => place + 1,
        };
        let key_at = |place: u32| self.column(table, rid(place), column).unwrap_or(u32::MAX);
        let count = self.row_count(table);
        let start = partition_point(0, count, |place| key_at(place) < key);
        let end = partition_point(start, count, |place| key_at(place) <= key);
        Some(RowRange { places: start..end, permutation })
    }

    fn order_of(&self, table: TableId, column: u32) -> Order {
        let key = |rid: u32| self.column(table, rid, column).unwrap_or(u32::MAX);
        let count = self.row_count(table);
        if (1..=count).is_sorted_by_key(key) {
            return Order::Sorted;
        }
        let mut rows: Box<[u32]> = (1..=count).collect();
        rows.sort_by_key(|&rid| key(rid));
        Order::Permuted(rows)
    }
}

/// The first number of `low..high` for which `is_before` does not hold.
pub(crate) fn partition_point(mut low: u32, mut high: u32, is_before: impl Fn(u32) -> bool) -> u32 {
    while low < high {
        let middle = low + (high - low) / 2;
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
