//! A Parquet file that is written row by row, in bounded memory.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, StringBuilder, UInt32Builder, UInt64Builder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::Schema;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::definition::{ColumnKind, Definition};
use crate::error::ExportError;

/// A value of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    U64(u64),
    U32(u32),
    Bool(bool),
    Text(&'a str),
}

impl<'a> Cell<'a> {
    pub(crate) fn optional_text(text: Option<&'a str>) -> Cell<'a> {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// Rows, and bytes of text, that are gathered before they are encoded.
const BATCH_ROWS: usize = 1 << 15;
const BATCH_TEXT: usize = 8 << 20;

/// Rows, and encoded bytes, of a row group: what is held in memory before it is written.
const GROUP_ROWS: usize = 1 << 20;
const GROUP_BYTES: usize = 64 << 20;

/// The extension of a file that is not finished.
const UNFINISHED: &str = "unfinished";

/// A table on its way to a file. The file gets its name when the table is finished.
pub(crate) struct Sheet {
    schema: Arc<Schema>,
    columns: Vec<Builder>,
    gathered: usize,
    text: usize,
    writer: ArrowWriter<File>,
    path: PathBuf,
    unfinished: PathBuf,
    rows: u64,
}

enum Builder {
    U64(UInt64Builder),
    U32(UInt32Builder),
    Bool(BooleanBuilder),
    Text(StringBuilder),
}

impl Builder {
    fn new(kind: ColumnKind) -> Builder {
        match kind {
            ColumnKind::U64 => Builder::U64(UInt64Builder::new()),
            ColumnKind::U32 => Builder::U32(UInt32Builder::new()),
            ColumnKind::Bool => Builder::Bool(BooleanBuilder::new()),
            ColumnKind::Text => Builder::Text(StringBuilder::new()),
        }
    }

    /// A value of another kind than the column's is none.
    fn push(&mut self, cell: Cell<'_>) {
        match self {
            Builder::U64(column) => column.append_option(match cell {
                Cell::U64(number) => Some(number),
                _ => None,
            }),
            Builder::U32(column) => column.append_option(match cell {
                Cell::U32(number) => Some(number),
                _ => None,
            }),
            Builder::Bool(column) => column.append_option(match cell {
                Cell::Bool(flag) => Some(flag),
                _ => None,
            }),
            Builder::Text(column) => column.append_option(match cell {
                Cell::Text(text) => Some(text),
                _ => None,
            }),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::U64(column) => Arc::new(column.finish()),
            Builder::U32(column) => Arc::new(column.finish()),
            Builder::Bool(column) => Arc::new(column.finish()),
            Builder::Text(column) => Arc::new(column.finish()),
        }
    }
}

impl Sheet {
    /// Begins the file of a table at `path`.
    pub(crate) fn create(definition: &Definition, path: &Path) -> Result<Sheet, ExportError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(ExportError::file(folder))?;
        }
        let unfinished = path.with_extension(UNFINISHED);
        let schema = definition.schema();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap_or_default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_max_row_group_bytes(Some(GROUP_BYTES))
            .set_created_by(concat!("clrscope ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let file = File::create(&unfinished).map_err(ExportError::file(path))?;
        let columns = definition.columns.iter().map(|column| Builder::new(column.kind)).collect();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))
            .map_err(ExportError::encoder(path))?;
        Ok(Sheet {
            schema,
            columns,
            gathered: 0,
            text: 0,
            writer,
            path: path.to_owned(),
            unfinished,
            rows: 0,
        })
    }

    /// Adds a row: a cell for each column.
    pub(crate) fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        for (column, &cell) in self.columns.iter_mut().zip(cells) {
            if let Cell::Text(text) = cell {
                self.text += text.len();
            }
            column.push(cell);
        }
        self.gathered += 1;
        self.rows += 1;
        if self.gathered >= BATCH_ROWS || self.text >= BATCH_TEXT {
            self.encode()?;
        }
        Ok(())
    }

    fn encode(&mut self) -> Result<(), ExportError> {
        let columns = self.columns.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        self.writer.write(&batch).map_err(ExportError::encoder(&self.path))?;
        (self.gathered, self.text) = (0, 0);
        Ok(())
    }

    /// Writes what is left and gives the file its name. Gives the number of its rows and of its bytes.
    pub(crate) fn finish(mut self) -> Result<(u64, u64), ExportError> {
        self.encode()?;
        let Sheet { mut writer, path, unfinished, rows, .. } = self;
        writer.finish().map_err(ExportError::encoder(&path))?;
        drop(writer);
        let renamed = fs::rename(&unfinished, &path).and_then(|()| fs::metadata(&path));
        Ok((rows, renamed.map_err(ExportError::file(&path))?.len()))
    }

    /// Gives up: removes what was written.
    pub(crate) fn discard(self) -> io::Result<()> {
        let Sheet { writer, unfinished, .. } = self;
        drop(writer);
        fs::remove_file(unfinished)
    }
}
