//! From a session to files.

use std::path::{Path, PathBuf};

use clrscope_analyze::{Session, TypeLabels};
use clrscope_clr::{HeapError, NameStyle};
use clrscope_memory::{Control, Issues};

use crate::error::ExportError;
use crate::sheet::Sheet;
use crate::tables::{Heap, Table};

/// What to export, and where to.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The folder, in which each table has one.
    pub directory: PathBuf,
    /// What the dump is called there: the value of the column `dump` of every row.
    pub dump: String,
    /// The tables.
    pub tables: Vec<Table>,
    /// How names of types are spelled.
    pub style: NameStyle,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedFile {
    /// The table.
    pub table: Table,
    /// The file.
    pub path: PathBuf,
    /// How many rows it has.
    pub rows: u64,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What was exported.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    /// The files, in the order of the tables.
    pub files: Vec<ExportedFile>,
    /// What was wrong with what they hold.
    pub issues: Issues,
}

/// The file of a table of a dump below `directory`: `TABLE/dump=NAME/part-0.parquet`. Characters of the name
/// that mean something in paths are written as `%` with two hexadecimal digits, as Hive does.
pub fn file_of(directory: &Path, table: Table, dump: &str) -> PathBuf {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let name: String = dump
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    directory.join(table.definition().name).join(format!("dump={name}")).join("part-0.parquet")
}

/// Writes tables of a heap as Parquet files, each row group as it is full. A file of an earlier export of a
/// dump with the same name is replaced when the new one is finished.
///
/// # Errors
/// If the heap cannot be read, a file cannot be written, or `control` stops it. Files that were finished
/// before stay.
pub fn export(
    session: &Session<'_>,
    options: &ExportOptions,
    control: &Control<'_>,
) -> Result<Exported, ExportError> {
    let objects = session.objects(control)?;
    let mut issues = objects.heap().issues().clone();
    issues.append(objects.issues().clone());
    let graph = if options.tables.iter().any(|table| table.needs_graph()) {
        let graph = session.graph(control)?;
        issues.append(graph.issues().clone());
        Some(graph)
    } else {
        None
    };
    let labels = TypeLabels::new(objects, options.style, &mut issues)
        .map_err(|missing| clrscope_analyze::SessionError::from(HeapError::from(missing)))?;
    let heap = Heap {
        runtime: session.runtime(),
        objects,
        graph,
        labels: &labels,
        style: options.style,
        control,
    };
    let mut exported = Exported { files: Vec::new(), issues };
    for &table in &options.tables {
        let path = file_of(&options.directory, table, &options.dump);
        let mut sheet = Sheet::create(table.definition(), &path)?;
        match table.write(&heap, &mut sheet) {
            Ok(issues) => exported.issues.append(issues),
            Err(error) => {
                // Why it failed matters more than what it left.
                let _ = sheet.discard();
                return Err(error);
            }
        }
        let (rows, bytes) = sheet.finish()?;
        exported.files.push(ExportedFile { table, path, rows, bytes });
    }
    Ok(exported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dumps_stay_within_their_folder() {
        let file = |name| file_of(Path::new("out"), Table::Types, name);
        assert_eq!(file("app-1.dmp"), Path::new("out/types/dump=app-1.dmp/part-0.parquet"));
        assert_eq!(file("../a b"), Path::new("out/types/dump=..%2Fa%20b/part-0.parquet"));
        assert_eq!(file(r"C:\x"), Path::new("out/types/dump=C%3A%5Cx/part-0.parquet"));
    }
}
