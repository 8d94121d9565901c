use std::fmt;

use crate::Lookalike;

/// Why bytes are not read as a minidump. Everything else that can be wrong is an
/// [`Issue`](clrscope_memory::Issue).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// There are no bytes.
    Empty,
    /// The signature is a minidump's, but the header is cut off.
    HeaderCutOff {
        /// Bytes that there are; a header takes 32.
        length: u64,
    },
    /// The signature is not a minidump's.
    NotAMinidump(Lookalike),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Empty => f.write_str("the file is empty: write the dump again"),
            Error::HeaderCutOff { length } => write!(
                f,
                "a minidump of which only {length} bytes are left: copy or write the dump again"
            ),
            Error::NotAMinidump(lookalike) => write!(f, "not a minidump: {lookalike}"),
        }
    }
}

impl std::error::Error for Error {}
