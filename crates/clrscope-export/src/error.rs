//! Why a dump was not exported.

use std::io;
use std::path::{Path, PathBuf};

use arrow_schema::ArrowError;
use clrscope_analyze::SessionError;
use clrscope_memory::Interrupted;
use parquet::errors::ParquetError;

/// Why a dump was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The heap or its graph cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The layout does not know what a table is made of.
    #[error("{0}")]
    Unavailable(String),
    /// A file or a folder cannot be written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The encoder failed.
    #[error("cannot be encoded: {0}")]
    Encoding(String),
}

impl From<Interrupted> for ExportError {
    fn from(reason: Interrupted) -> Self {
        ExportError::Session(reason.into())
    }
}

impl ExportError {
    /// The file at `path` cannot be written.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> ExportError {
        move |source| ExportError::File { path: path.to_owned(), source }
    }

    /// The encoder of the file at `path` failed. What the operating system said is beneath.
    pub(crate) fn encoder(path: &Path) -> impl FnOnce(ParquetError) -> ExportError {
        move |error| match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(source) => ExportError::file(path)(*source),
                Err(other) => ExportError::Encoding(other.to_string()),
            },
            other => ExportError::Encoding(other.to_string()),
        }
    }
}

impl From<ArrowError> for ExportError {
    fn from(error: ArrowError) -> Self {
        ExportError::Encoding(error.to_string())
    }
}
