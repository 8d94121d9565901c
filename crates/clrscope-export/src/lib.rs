//! Memory dumps of .NET processes as Parquet files, for programs that read tables.
//!
//! [`export`] writes the objects, references, types, roots and strings of a heap, a folder for each table
//! and in it one for each dump (`objects/dump=NAME/part-0.parquet`), so that DuckDB, Spark, DataFusion or
//! Polars ask questions over many dumps at once. Rows are written as the heap is walked: what is held in
//! memory does not grow with it, but for the graph, which references and roots are made of.

mod definition;
mod error;
mod export;
mod sheet;
mod tables;

pub use crate::definition::{Column, ColumnKind, Definition};
pub use crate::error::ExportError;
pub use crate::export::{ExportOptions, Exported, ExportedFile, export, file_of};
pub use crate::tables::Table;
