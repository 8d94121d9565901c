//! Tables that are short enough to be made as a whole, when they are first read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use crate::cell::Cell;
use crate::definition::Definition;
use crate::error::QueryError;
use crate::shelf::Shelf;
use crate::table::{Access, NoRows, Rows, Table};

/// The values of a row, in the order of the columns.
pub(crate) type Row = Vec<Cell<'static>>;

/// Makes all rows of a table.
pub(crate) type List = fn(&Shelf<'_, '_>) -> Result<Vec<Row>, QueryError>;

/// The places of the rows with each value of a column.
type Index = FxHashMap<Cell<'static>, Vec<usize>>;

/// A table that is made as a whole.
pub(crate) struct ListTable<'s, 'data> {
    shelf: Arc<Shelf<'s, 'data>>,
    definition: &'static Definition,
    list: List,
    rows: OnceLock<Vec<Row>>,
    indexes: Mutex<BTreeMap<usize, Arc<Index>>>,
}

impl<'s, 'data> ListTable<'s, 'data> {
    pub(crate) fn new(
        shelf: Arc<Shelf<'s, 'data>>,
        definition: &'static Definition,
        list: List,
    ) -> ListTable<'s, 'data> {
        let (rows, indexes) = (OnceLock::new(), Mutex::default());
        ListTable { shelf, definition, list, rows, indexes }
    }

    fn list(&self) -> Result<&[Row], QueryError> {
        if let Some(rows) = self.rows.get() {
            return Ok(rows);
        }
        self.shelf.control().check()?;
        let rows = (self.list)(&self.shelf)?;
        Ok(self.rows.get_or_init(|| rows))
    }

    fn index(&self, rows: &[Row], column: usize) -> Arc<Index> {
        let mut indexes = self.indexes.lock().unwrap_or_else(PoisonError::into_inner);
        let index = indexes.entry(column).or_insert_with(|| {
            let mut index = Index::default();
            for (place, row) in rows.iter().enumerate() {
                if let Some(cell) = row.get(column) {
                    index.entry(cell.clone()).or_default().push(place);
                }
            }
            Arc::new(index)
        });
        Arc::clone(index)
    }
}

impl Table for ListTable<'_, '_> {
    fn definition(&self) -> &'static Definition {
        self.definition
    }

    fn rows<'t>(&'t self, access: Access) -> Result<Box<dyn Rows + 't>, QueryError> {
        let rows = self.list()?;
        Ok(match access {
            Access::Equal(column, value) => match self.index(rows, column).get(&value) {
                Some(places) => Box::new(Listed::new(rows, places.clone())),
                None => Box::new(NoRows),
            },
            _ => Box::new(Listed::new(rows, 0..rows.len())),
        })
    }
}

/// Rows of a list by their places.
struct Listed<'t, I> {
    rows: &'t [Row],
    places: I,
    row: Option<&'t Row>,
}

impl<'t, I> Listed<'t, I> {
    fn new<P: IntoIterator<IntoIter = I>>(rows: &'t [Row], places: P) -> Listed<'t, I> {
        Listed { rows, places: places.into_iter(), row: None }
    }
}

impl<I: Iterator<Item = usize>> Rows for Listed<'_, I> {
    fn advance(&mut self) -> Result<bool, QueryError> {
        self.row = self.places.next().and_then(|place| self.rows.get(place));
        Ok(self.row.is_some())
    }

    fn cell(&self, column: usize) -> Result<Cell<'_>, QueryError> {
        Ok(self.row.and_then(|row| row.get(column)).map_or(Cell::Null, Cell::borrowed))
    }
}
