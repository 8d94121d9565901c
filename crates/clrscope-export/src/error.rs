//! Why a dump was not exported.

use std::io;

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
    /// A file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The encoder failed.
    #[error("cannot be encoded: {0}")]
    Encoding(String),
}

impl From<Interrupted> for ExportError {
    fn from(reason: Interrupted) -> Self {
        ExportError::Session(reason.into())
    }
}

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        match error {
            // Whatever the encoder makes of an error of the file, that is what it is.
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => ExportError::Io(*error),
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
