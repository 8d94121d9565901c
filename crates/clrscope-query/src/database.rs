//! A dump as a database: questions and their answers.

use std::fmt;
use std::sync::Arc;

use clrscope_memory::Issues;
use rusqlite::Statement;

use crate::definition::{ColumnKind, Definition};
use crate::error::QueryError;
use crate::host::Host;
use crate::shelf::{Shelf, Source};
use crate::tables;
use crate::value::Value;
use crate::{sandbox, table::Table};

/// A dump as a database. It can be asked and not changed, and reaches no file.
pub struct Database<'s, 'data> {
    // Before the shelf: tables borrow from it.
    host: Host<'s>,
    shelf: Arc<Shelf<'s, 'data>>,
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerColumn {
    /// Its name, as SQL has it.
    pub name: String,
    /// What its values are, if it is a column of a table and no expression.
    pub kind: Option<ColumnKind>,
}

impl<'s, 'data: 's> Database<'s, 'data> {
    /// Makes the tables. Nothing of the heap is read before a query asks for it.
    ///
    /// # Errors
    /// If SQLite refuses.
    pub fn new(source: Source<'s, 'data>) -> Result<Database<'s, 'data>, QueryError> {
        let shelf = Arc::new(Shelf::new(source));
        let tables: Vec<Arc<dyn Table + 's>> = tables::all(&shelf);
        let connection = sandbox::open(source.control.memory_budget());
        let host = connection.and_then(|connection| {
            Host::new(connection, tables, Arc::clone(&shelf) as Arc<dyn crate::host::Watch + 's>)
        });
        let host = host.map_err(|error| QueryError::Sql(message(&error)))?;
        Ok(Database { host, shelf })
    }

    /// Prepares a query: one statement that gives rows.
    ///
    /// # Errors
    /// If it is no such statement.
    pub fn question(&self, sql: &str) -> Result<Question<'_, 's, 'data>, QueryError> {
        let statement = self.host.connection().prepare(sql).map_err(|error| self.error(&error))?;
        if statement.column_count() == 0 || !statement.readonly() {
            return Err(QueryError::Sql("a query is one statement that gives rows".to_owned()));
        }
        let columns = statement.columns();
        let columns = columns.map(|column| AnswerColumn {
            name: column.name().to_owned(),
            kind: column.decl_type().and_then(ColumnKind::from_declared),
        });
        Ok(Question { columns: columns.collect(), statement, database: self })
    }

    /// What was wrong with the dump where queries looked, so far.
    pub fn issues(&self) -> Issues {
        self.shelf.issues()
    }

    /// Why a query failed: what stopped a table says more than SQLite does.
    fn error(&self, error: &rusqlite::Error) -> QueryError {
        self.shelf.take_failure().unwrap_or_else(|| QueryError::Sql(message(error)))
    }
}

/// The tables of every database.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    tables::DEFINITIONS.iter().copied()
}

/// SQLite's words for an error, without those of the layers around it.
fn message(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, offset, .. } if *offset >= 0 => {
            format!("{msg} (at character {})", offset + 1)
        }
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::MultipleStatement => "a query is one statement".to_owned(),
        other => other.to_string(),
    }
}

impl fmt::Debug for Database<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

/// A query that is prepared.
pub struct Question<'q, 's, 'data> {
    statement: Statement<'q>,
    columns: Vec<AnswerColumn>,
    database: &'q Database<'s, 'data>,
}

impl<'s, 'data: 's> Question<'_, 's, 'data> {
    /// The columns of its answer.
    pub fn columns(&self) -> &[AnswerColumn] {
        &self.columns
    }

    /// Gives the parameter with a place in the query, from 1, its value.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn set(&mut self, place: usize, value: &Value) -> Result<(), QueryError> {
        let bound = self.statement.raw_bind_parameter(place, value);
        bound.map_err(|_| QueryError::Sql(format!("the query has no parameter number {place}")))
    }

    /// Gives the parameter with a name (in the query behind `:`, `@` or `$`) its value.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn set_named(&mut self, name: &str, value: &Value) -> Result<(), QueryError> {
        let place = [":", "@", "$", ""].iter().find_map(|sign| {
            self.statement.parameter_index(&format!("{sign}{name}")).ok().flatten()
        });
        match place {
            Some(place) => self.set(place, value),
            None => Err(QueryError::Sql(format!("the query has no parameter named {name}"))),
        }
    }

    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        self.statement.parameter_count()
    }

    /// Asks: calls `visit` with each row, its values in the order of [`Question::columns`], as it is
    /// found, until it says `false`.
    ///
    /// # Errors
    /// If the query fails or is stopped; rows that were visited before are right.
    pub fn ask(&mut self, mut visit: impl FnMut(&[Value]) -> bool) -> Result<(), QueryError> {
        let Question { statement, columns, database } = self;
        let mut rows = statement.raw_query();
        let mut values = Vec::with_capacity(columns.len());
        loop {
            let row = match rows.next() {
                Ok(Some(row)) => row,
                Ok(None) => return Ok(()),
                Err(error) => return Err(database.error(&error)),
            };
            values.clear();
            for (index, column) in columns.iter().enumerate() {
                let value = row.get_ref(index).map_err(|error| database.error(&error))?;
                values.push(Value::new(value, column.kind));
            }
            if !visit(&values) {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for Question<'_, '_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question").field("columns", &self.columns).finish_non_exhaustive()
    }
}
