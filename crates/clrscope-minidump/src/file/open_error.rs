use std::io;
use std::path::{Path, PathBuf};

use super::Packing;
use crate::Error;

/// Why a dump file could not be opened. Each prints as one line that says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no such file.
    #[error("{}: no such file: check the path", .path.display())]
    NotFound {
        /// The file.
        path: PathBuf,
    },
    /// The path is of a folder.
    #[error("{}: this is a folder: name the dump file in it", .path.display())]
    Directory {
        /// The folder.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The file, or what is packed in it, is no minidump.
    #[error("{}: {source}", .path.display())]
    NotAMinidump {
        /// The file.
        path: PathBuf,
        /// What it seems to be.
        source: Error,
    },
    /// The packed file ends early.
    #[error("{}: the {packing} file ends early: copy or download it again", .path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        packing: Packing,
    },
    /// The packed file is damaged.
    #[error("{}: the {packing} file is damaged ({detail}): copy or download it again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        packing: Packing,
        /// What the unpacker said.
        detail: String,
    },
    /// The file unpacks to more bytes than the options allow.
    #[error(
        "{}: unpacks to more than {limit} bytes: if that is right, unpack it first or raise the limit",
        .path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that it may unpack to.
        limit: u64,
    },
    /// The archive holds no minidump.
    #[error("{}: the .zip file holds no minidump among its {files} files", .path.display())]
    NoDump {
        /// The file.
        path: PathBuf,
        /// How many files it holds.
        files: usize,
    },
    /// The archive holds more than one minidump.
    #[error(
        "{}: the .zip file holds {} dumps ({}): unpack the one you want",
        .path.display(), .names.len(), list(.names)
    )]
    SeveralDumps {
        /// The file.
        path: PathBuf,
        /// The dumps in it.
        names: Vec<String>,
    },
    /// The archive is packed or locked in a way that is not read.
    #[error("{}: the .zip file cannot be read ({detail}): unpack it first", .path.display())]
    UnsupportedArchive {
        /// The file.
        path: PathBuf,
        /// What is not read.
        detail: String,
    },
    /// There is no room for what the file unpacks to.
    #[error(
        "{}: no room for what it unpacks to ({source}): free some, or name another temporary folder",
        .path.display()
    )]
    Temporary {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

impl OpenError {
    pub(super) fn io(path: &Path, source: io::Error) -> OpenError {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => OpenError::NotFound { path },
            _ => OpenError::Io { path, source },
        }
    }
}

/// The first few names.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", ...");
    }
    text
}
