//! How the rows that a query wants are found: what SQLite asks before it reads a table.

use crate::cell::Cell;
use crate::definition::{ColumnKind, Definition, Lookup};
use crate::table::Access;

/// How a condition compares a column with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// The column has the value.
    Equal,
    /// The column is above the value, or has it.
    AtLeast,
    /// The column is below the value, or has it.
    AtMost,
}

/// A condition that SQLite can give the value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Its place among all conditions of the query.
    pub(crate) place: usize,
    pub(crate) column: usize,
    pub(crate) comparison: Comparison,
}

/// What the query does with the order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Nothing, or more than one column can help with.
    Any,
    /// It sorts by this column, upwards.
    Ascending(usize),
    /// It needs rows with the same value of this column beside each other.
    Grouped(usize),
}

/// How rows are found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// What [`Plan::access`] makes the rows of.
    pub(crate) code: i32,
    /// The places of the conditions whose values are needed, in order.
    pub(crate) values: Vec<usize>,
    /// What it costs, in rows.
    pub(crate) cost: f64,
    /// How many rows it gives.
    pub(crate) rows: i64,
    /// Whether the rows come as the query wants them.
    pub(crate) is_ordered: bool,
}

const EQUAL: i32 = 1 << 8;
const GROUPED: i32 = 2 << 8;
const AT_LEAST: i32 = 4 << 8;
const AT_MOST: i32 = 8 << 8;
const COLUMN: i32 = 0xff;

/// Rows that are found by a value of a column that many share.
const ROWS_OF_GROUP: i64 = 1000;
/// Rows that are found by a value of a column that few share.
const ROWS_OF_KEY: i64 = 2;

/// Plans a query with these conditions.
pub(crate) fn plan(definition: &Definition, conditions: &[Condition], order: Order) -> Plan {
    let lookup = |column: usize| definition.columns.get(column).map(|column| column.lookup);
    let all = definition.usual_rows;
    let is_equal = |condition: &&Condition| condition.comparison == Comparison::Equal;
    let rows_of = |condition: &&Condition| match lookup(condition.column) {
        Some(Lookup::Equal | Lookup::Range) => Some(ROWS_OF_KEY.min(all)),
        Some(Lookup::Group | Lookup::Order) => Some(ROWS_OF_GROUP.min(all)),
        _ => None,
    };
    let best = conditions.iter().filter(is_equal).filter_map(|c| Some((rows_of(&c)?, c)));
    if let Some((rows, condition)) = best.min_by_key(|&(rows, _)| rows) {
        return Plan {
            code: EQUAL | condition.column as i32,
            values: vec![condition.place],
            // Finding them is worth a few rows.
            cost: rows as f64 + 2.0,
            rows,
            is_ordered: false,
        };
    }
    let ranged =
        conditions.iter().find(|condition| lookup(condition.column) == Some(Lookup::Range));
    if let Some(&Condition { column, .. }) = ranged {
        let bound = |comparison| {
            let of_column = conditions.iter().filter(|condition| condition.column == column);
            of_column.filter(|condition| condition.comparison == comparison).map(|c| c.place).next()
        };
        let (low, high) = (bound(Comparison::AtLeast), bound(Comparison::AtMost));
        let flag = |bound: Option<usize>, flag| if bound.is_some() { flag } else { 0 };
        let rows = (all / 4).max(1);
        return Plan {
            code: flag(low, AT_LEAST) | flag(high, AT_MOST) | column as i32,
            values: low.into_iter().chain(high).collect(),
            cost: rows as f64,
            rows,
            is_ordered: matches!(order, Order::Ascending(by) | Order::Grouped(by) if by == column),
        };
    }
    let (code, is_ordered) = match order {
        Order::Ascending(by) | Order::Grouped(by) if lookup(by) == Some(Lookup::Range) => (0, true),
        Order::Ascending(by) if lookup(by) == Some(Lookup::Order) => (GROUPED | by as i32, true),
        Order::Grouped(by) if matches!(lookup(by), Some(Lookup::Group | Lookup::Order)) => {
            (GROUPED | by as i32, true)
        }
        _ => (0, false),
    };
    Plan { code, values: Vec::new(), cost: all as f64, rows: all, is_ordered }
}

impl Plan {
    /// What rows of a table a plan with this code wants, now that the values are known; `None` among
    /// them are those that are neither null, nor a whole number, nor text. `None` if there can be none:
    /// nothing compares with null.
    pub(crate) fn access(
        definition: &Definition,
        code: i32,
        values: Vec<Option<Cell<'static>>>,
    ) -> Option<Access> {
        if values.contains(&Some(Cell::Null)) {
            return None;
        }
        Some(Plan::access_by(definition, code, values))
    }

    fn access_by(definition: &Definition, code: i32, values: Vec<Option<Cell<'static>>>) -> Access {
        let column = (code & COLUMN) as usize;
        let mut values = values.into_iter();
        if code & EQUAL != 0 {
            // Where the kinds differ, SQLite converts before it compares.
            let is_text = definition.columns.get(column).map(|column| column.kind);
            let is_text = is_text == Some(ColumnKind::Text);
            return match values.next().flatten() {
                Some(value) if is_text == matches!(value, Cell::Text(_)) => {
                    Access::Equal(column, value)
                }
                _ => Access::All,
            };
        }
        if code & GROUPED != 0 {
            return Access::Grouped(column);
        }
        if code & (AT_LEAST | AT_MOST) == 0 {
            return Access::All;
        }
        // A bound that is no number bounds nothing: SQLite compares for itself.
        let mut bound = |flag| match (code & flag != 0).then(|| values.next()).flatten() {
            Some(Some(Cell::Integer(number))) => Some(number),
            _ => None,
        };
        let low = bound(AT_LEAST);
        Access::Range(column, low, bound(AT_MOST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{address, integer, text};

    const DEFINITION: Definition = Definition {
        name: "things",
        about: "Things.",
        columns: &[
            address("address", "where").found_by(Lookup::Range),
            text("type", "what").found_by(Lookup::Order),
            integer("bytes", "how much"),
            address("mt", "what").found_by(Lookup::Group),
        ],
        usual_rows: 1_000_000,
    };

    fn on(place: usize, column: usize, comparison: Comparison) -> Condition {
        Condition { place, column, comparison }
    }

    fn access(conditions: &[Condition], order: Order, values: &[i64]) -> (Access, bool) {
        let plan = plan(&DEFINITION, conditions, order);
        assert_eq!(plan.values.len(), values.len());
        let values = values.iter().map(|&value| Some(Cell::Integer(value))).collect();
        let access = Plan::access(&DEFINITION, plan.code, values).expect("no value is null");
        (access, plan.is_ordered)
    }

    #[test]
    fn the_condition_that_leaves_fewest_rows_is_used() {
        use Comparison::Equal;
        let conditions = [on(0, 2, Equal), on(1, 1, Equal), on(2, 0, Equal)];
        assert_eq!(plan(&DEFINITION, &conditions, Order::Any).values, [2]);
        assert_eq!(
            access(&conditions, Order::Any, &[5]),
            (Access::Equal(0, Cell::Integer(5)), false)
        );
        assert_eq!(access(&[on(0, 2, Equal)], Order::Any, &[]), (Access::All, false));
    }

    #[test]
    fn bounds_of_an_ordered_column_are_used() {
        let (low, high) = (on(3, 0, Comparison::AtLeast), on(4, 0, Comparison::AtMost));
        assert_eq!(
            access(&[high, low], Order::Ascending(0), &[1, 9]),
            (Access::Range(0, Some(1), Some(9)), true)
        );
        assert_eq!(access(&[high], Order::Any, &[9]), (Access::Range(0, None, Some(9)), false));
        let other = on(0, 2, Comparison::AtMost);
        assert_eq!(access(&[other], Order::Any, &[]), (Access::All, false));
        let text = Plan::access(&DEFINITION, AT_MOST, vec![Some(Cell::text("x"))]);
        assert_eq!(text, Some(Access::Range(0, None, None)));
    }

    #[test]
    fn what_sqlite_would_convert_is_left_to_it() {
        let access = |column: i32, value| Plan::access(&DEFINITION, EQUAL | column, vec![value]);
        assert_eq!(access(0, Some(Cell::text("5"))), Some(Access::All));
        assert_eq!(access(1, Some(Cell::Integer(5))), Some(Access::All));
        assert_eq!(access(0, None), Some(Access::All));
        assert_eq!(access(1, Some(Cell::text("x"))), Some(Access::Equal(1, Cell::text("x"))));
        assert_eq!(access(0, Some(Cell::Null)), None);
    }

    #[test]
    fn rows_come_grouped_or_in_order_where_the_table_can() {
        assert_eq!(access(&[], Order::Ascending(0), &[]), (Access::All, true));
        assert_eq!(access(&[], Order::Grouped(1), &[]), (Access::Grouped(1), true));
        assert_eq!(access(&[], Order::Ascending(1), &[]), (Access::Grouped(1), true));
        assert_eq!(access(&[], Order::Grouped(3), &[]), (Access::Grouped(3), true));
        assert_eq!(access(&[], Order::Ascending(3), &[]), (Access::All, false));
        assert_eq!(access(&[], Order::Grouped(2), &[]), (Access::All, false));
    }
}
