//! Tables as SQLite calls them: the one module of this crate in which the compiler is told to trust.
//!
//! `rusqlite` declares the traits of virtual tables unsafe, because SQLite reads the first field of what
//! implements them; and it asks that what tables are made from lives forever, because it cannot see
//! how long a connection does. A [`Host`] owns the connection and ends with what is borrowed.

#![allow(unsafe_code)]

use std::borrow::Cow;
use std::ffi::{CStr, CString, c_int};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use rusqlite::types::{Null, ValueRef};
use rusqlite::vtab::{
    Context, DistinctMode, Filters, IndexConstraintOp, IndexInfo, Module, VTab, VTabConnection,
    VTabCursor, sqlite3_vtab, sqlite3_vtab_cursor,
};
use rusqlite::{Connection, Error};

use crate::cell::Cell;
use crate::error::QueryError;
use crate::plan::{Comparison, Condition, Order, Plan, plan};
use crate::table::{NoRows, Rows, Table};

/// Says whether a query shall go on, and hears why a table could not.
pub(crate) trait Watch: Send + Sync {
    /// Whether to stop. Called every now and then, from the thread that runs the query.
    fn stops(&self) -> bool;

    /// A table failed, and the query with it.
    fn failed(&self, error: QueryError);
}

/// A connection with tables that borrow for `'s`.
pub(crate) struct Host<'s> {
    connection: Connection,
    /// The connection owns tables, and drops them when it is closed.
    borrowed: PhantomData<Arc<dyn Table + 's>>,
}

/// How many instructions of SQLite's machine run before the query is asked whether to stop.
const INSTRUCTIONS: c_int = 20_000;

impl<'s> Host<'s> {
    /// Gives `connection` the tables.
    pub(crate) fn new(
        mut connection: Connection,
        tables: Vec<Arc<dyn Table + 's>>,
        watch: Arc<dyn Watch + 's>,
    ) -> rusqlite::Result<Host<'s>> {
        // SAFETY: only the lifetime differs. The value is used by callbacks of the connection alone.
        // The connection never leaves this struct: it is lent by `connection` as a shared reference, of
        // which nothing that calls back can outlive it. So callbacks run while `'s` lasts, and when
        // the struct is dropped, which `borrowed` makes the compiler allow within `'s` only. If a
        // statement was forgotten, SQLite keeps the connection and the tables, and nobody can call it.
        let watch: Arc<dyn Watch> =
            unsafe { std::mem::transmute::<Arc<dyn Watch + 's>, Arc<dyn Watch + 'static>>(watch) };
        let watcher = Arc::clone(&watch);
        connection.progress_handler(INSTRUCTIONS, Some(move || watcher.stops()))?;
        for table in tables {
            let name = table.definition().name;
            // SAFETY: as above.
            let table = unsafe {
                std::mem::transmute::<Arc<dyn Table + 's>, Arc<dyn Table + 'static>>(table)
            };
            let shared = Shared { table, watch: Arc::clone(&watch) };
            connection.create_module(name, MODULE, Some(shared))?;
        }
        Ok(Host { connection, borrowed: PhantomData })
    }

    /// The connection.
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl fmt::Debug for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

const MODULE: &Module<'static, HostedTable> = &Module::eponymous_only_module();

/// What each instance of a table shares.
#[derive(Clone)]
struct Shared {
    table: Arc<dyn Table>,
    watch: Arc<dyn Watch>,
}

impl Shared {
    fn fail(&self, error: QueryError) -> Error {
        let message = error.to_string();
        self.watch.failed(error);
        Error::ModuleError(message)
    }
}

/// An instance of a table. SQLite sees its first field only.
#[repr(C)]
struct HostedTable {
    base: sqlite3_vtab,
    shared: Shared,
}

// SAFETY: the struct is `repr(C)` and its first field is a `sqlite3_vtab`.
unsafe impl<'vtab> VTab<'vtab> for HostedTable {
    type Aux = Shared;
    type Cursor = HostedCursor<'vtab>;

    fn connect(
        _: &mut VTabConnection,
        shared: Option<&Shared>,
        _: &[u8],
        _: &[u8],
        _: &[u8],
        _: &[&[u8]],
    ) -> rusqlite::Result<(Cow<'static, CStr>, HostedTable)> {
        let shared = shared.ok_or_else(|| Error::ModuleError("no table was given".to_owned()))?;
        let declaration = CString::new(shared.table.definition().declaration())?;
        let table = HostedTable { base: sqlite3_vtab::default(), shared: shared.clone() };
        Ok((Cow::Owned(declaration), table))
    }

    fn best_index(&self, info: &mut IndexInfo) -> rusqlite::Result<bool> {
        let conditions = conditions(info);
        let plan = plan(self.shared.table.definition(), &conditions, order(info));
        for (argument, place) in (1..).zip(&plan.values) {
            info.constraint_usage(*place).set_argv_index(argument);
        }
        info.set_idx_num(plan.code);
        info.set_estimated_cost(plan.cost);
        info.set_estimated_rows(plan.rows);
        info.set_order_by_consumed(plan.is_ordered);
        Ok(true)
    }

    fn open(&'vtab mut self) -> rusqlite::Result<HostedCursor<'vtab>> {
        // Cursors keep nothing of this struct, of which SQLite has several open at once, but what is
        // behind its pointer.
        let shared = self.shared.clone();
        let table: &'vtab dyn Table = &*self.shared.table;
        Ok(HostedCursor {
            base: sqlite3_vtab_cursor::default(),
            table,
            shared,
            rows: Box::new(NoRows),
            row: 0,
            is_at_end: true,
        })
    }
}

/// The conditions of a query whose values SQLite can give.
fn conditions(info: &IndexInfo) -> Vec<Condition> {
    let usable = info.constraints().enumerate().filter(|(_, constraint)| constraint.is_usable());
    let known = usable.filter_map(|(place, constraint)| {
        let comparison = match constraint.operator() {
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Comparison::Equal,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT
            | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => Comparison::AtLeast,
            IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT
            | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => Comparison::AtMost,
            _ => return None,
        };
        // Of a column of text, equality may leave case out of account.
        let is_binary = matches!(info.collation(place), Ok("BINARY"));
        let column = usize::try_from(constraint.column()).ok().filter(|_| is_binary)?;
        Some(Condition { place, column, comparison })
    });
    known.collect()
}

/// What the query does with the order of rows.
fn order(info: &IndexInfo) -> Order {
    let mut columns = info.order_bys();
    let (Some(first), None) = (columns.next(), columns.next()) else { return Order::Any };
    let Ok(column) = usize::try_from(first.column()) else { return Order::Any };
    match info.distinct() {
        DistinctMode::Grouped | DistinctMode::Distinct => Order::Grouped(column),
        _ if first.is_order_by_desc() => Order::Any,
        _ => Order::Ascending(column),
    }
}

/// Where a query is in a table. SQLite sees its first field only.
#[repr(C)]
struct HostedCursor<'vtab> {
    base: sqlite3_vtab_cursor,
    table: &'vtab dyn Table,
    shared: Shared,
    rows: Box<dyn Rows + 'vtab>,
    row: i64,
    is_at_end: bool,
}

// SAFETY: the struct is `repr(C)` and its first field is a `sqlite3_vtab_cursor`.
unsafe impl VTabCursor for HostedCursor<'_> {
    fn filter(
        &mut self,
        code: c_int,
        _: Option<&str>,
        arguments: &Filters<'_>,
    ) -> rusqlite::Result<()> {
        let values = arguments.iter().map(|value| match value {
            ValueRef::Integer(number) => Some(Cell::Integer(number)),
            ValueRef::Text(text) => Some(Cell::text(String::from_utf8_lossy(text).into_owned())),
            ValueRef::Null => Some(Cell::Null),
            ValueRef::Real(_) | ValueRef::Blob(_) => None,
        });
        let access = Plan::access(self.table.definition(), code, values.collect());
        self.rows = match access {
            Some(access) => self.table.rows(access).map_err(|error| self.shared.fail(error))?,
            None => Box::new(NoRows),
        };
        self.row = 0;
        self.next()
    }

    fn next(&mut self) -> rusqlite::Result<()> {
        self.row += 1;
        let is_there = self.rows.advance().map_err(|error| self.shared.fail(error))?;
        self.is_at_end = !is_there;
        Ok(())
    }

    fn eof(&self) -> bool {
        self.is_at_end
    }

    fn column(&self, context: &mut Context, column: c_int) -> rusqlite::Result<()> {
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        match self.rows.cell(column).map_err(|error| self.shared.fail(error))? {
            Cell::Null => context.set_result(Null),
            Cell::Integer(number) => context.set_result(number),
            Cell::Text(text) => context.set_result(text.as_ref()),
        }
    }

    fn rowid(&self) -> rusqlite::Result<i64> {
        Ok(self.row)
    }
}
