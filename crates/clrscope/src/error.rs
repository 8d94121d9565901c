//! Why a dump cannot be opened or read.

use std::io;
use std::path::PathBuf;

use clrscope_check::RuleError;
use clrscope_clr::{HeapError, NoRuntime};
use clrscope_memory::Interrupted;
use clrscope_minidump::OpenError;

/// Why a dump cannot be opened or read. Each prints as one clear line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file cannot be opened, or is no dump.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The bytes are no minidump.
    #[error(transparent)]
    Minidump(#[from] clrscope_minidump::Error),
    /// The directory that should hold images cannot be read.
    #[error("{}: {source}", .path.display())]
    Modules {
        /// The directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The process has no runtime that can be read.
    #[error(transparent)]
    NoRuntime(#[from] NoRuntime),
    /// The process has no runtime with this number.
    #[error("there is no runtime {index}: the process has {count}, counted from 0")]
    NoSuchRuntime {
        /// The number.
        index: usize,
        /// How many runtimes can be read.
        count: usize,
    },
    /// The runtime's heap cannot be read.
    #[error(transparent)]
    Heap(#[from] HeapError),
    /// A rule makes no sense.
    #[error("the rules: {0}")]
    Rules(#[from] RuleError),
    /// A time limit, a budget or the caller stopped it.
    #[error("no answer: {0}")]
    Interrupted(#[from] Interrupted),
}
