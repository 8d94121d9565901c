//! Queries that state what must not be: any row that they return is a fault.

use clrscope_memory::Issues;

use crate::database::Database;
use crate::error::QueryError;
use crate::value::Value;

/// What became of a query that must return no rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Emptiness {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// How many rows there are: none, if all is well.
    pub rows: u64,
    /// The first of them.
    pub first: Vec<Vec<Value>>,
    /// What was wrong with the dump where the query looked. If one of these makes an answer partial, that there
    /// are no rows proves nothing; rows that there are stay.
    pub issues: Issues,
}

impl Emptiness {
    /// Whether there are no rows, although the query could look everywhere. `None` if there are none where it
    /// could look: that is not known.
    pub fn holds(&self) -> Option<bool> {
        let is_partial = self.issues.iter().any(|issue| issue.kind.makes_partial());
        match (self.rows, is_partial) {
            (0, false) => Some(true),
            (0, true) => None,
            _ => Some(false),
        }
    }
}

impl<'s, 'data: 's> Database<'s, 'data> {
    /// Asks a query that must return no rows, and counts those that it returns; the first `kept` of them are kept,
    /// to be shown. `named` are the values of its parameters.
    ///
    /// ```no_run
    /// # fn check(database: &clrscope_query::Database<'_, '_>) -> Result<(), clrscope_query::QueryError> {
    /// let sql = "SELECT address, bytes FROM objects WHERE type = :type AND alive";
    /// let of = clrscope_query::Value::Text("MyApp.Session".to_owned());
    /// let sessions = database.expect_no_rows(sql, &[("type", of)], 10)?;
    /// assert_eq!(sessions.holds(), Some(true), "{} sessions are alive", sessions.rows);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If it is no query, if it fails, or if the time limit or the budget of the database's source stops it: then
    /// nothing is known.
    pub fn expect_no_rows(
        &self,
        sql: &str,
        named: &[(&str, Value)],
        kept: usize,
    ) -> Result<Emptiness, QueryError> {
        let mut question = self.question(sql)?;
        for (name, value) in named {
            question.set_named(name, value)?;
        }
        let columns = question.columns().iter().map(|column| column.name.clone()).collect();
        let (mut rows, mut first) = (0, Vec::new());
        question.ask(|row| {
            rows += 1;
            if first.len() < kept {
                first.push(row.to_vec());
            }
            true
        })?;
        Ok(Emptiness { columns, rows, first, issues: self.issues() })
    }
}
