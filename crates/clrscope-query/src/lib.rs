//! SQL over memory dumps of .NET processes: the analyses as virtual tables of SQLite.
//!
//! A [`Database`] has a table for each thing that a person asks about: objects, types, references,
//! roots, handles, threads, modules and so on; [`definitions`] lists them with their columns. Rows are
//! made as a query reads them. What is dear to make, as the graph, is made when a query first asks for
//! it, in a [`Session`](clrscope_analyze::Session) that outlives the database.
//!
//! Queries can ask and do nothing else: they change nothing and reach no file.

mod cell;
mod database;
mod definition;
mod error;
mod expectation;
mod host;
mod plan;
mod sandbox;
mod shelf;
mod table;
mod tables;
mod value;

pub use crate::database::{AnswerColumn, Database, Question, definitions};
pub use crate::definition::{Column, ColumnKind, Definition};
pub use crate::error::QueryError;
pub use crate::expectation::Emptiness;
pub use crate::shelf::Source;
pub use crate::value::Value;
