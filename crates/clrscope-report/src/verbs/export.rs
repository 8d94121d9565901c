//! `export`: the files that were written.

use std::fmt::Display;
use std::io;

use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A file.
#[derive(Debug, Clone, Serialize)]
pub struct FileRow {
    /// The table that it holds.
    pub table: &'static str,
    /// The file.
    pub path: String,
    /// How many rows it has.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The answer of `export`.
#[derive(Debug, Clone, Serialize)]
pub struct Export {
    /// What the dump is called in the files' folders.
    pub dump: String,
    /// The files.
    pub files: Vec<FileRow>,
}

impl Report for Export {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Table", Align::Left),
            ("Rows", Align::Right),
            ("Bytes", Align::Right),
            ("File", Align::Left),
        ]);
        for file in &self.files {
            table.row([
                &file.table as &dyn Display,
                &Grouped(file.rows),
                &Grouped(file.bytes),
                &Escaped(&file.path),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["table", "rows", "bytes", "path"])?;
        for file in &self.files {
            rows.row(&[
                Cell::Text(file.table),
                Cell::Number(file.rows),
                Cell::Number(file.bytes),
                Cell::Text(&file.path),
            ])?;
        }
        Ok(())
    }
}
