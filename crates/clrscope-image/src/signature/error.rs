//! What can be wrong with a signature.

use thiserror::Error;

/// What can be wrong with a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureErrorKind {
    /// It ends before it should.
    #[error("it ends early")]
    Truncated,
    /// It begins with something else than a signature of its kind does.
    #[error("it begins with {0:#04x}")]
    WrongKind(u8),
    /// There is no such element type, or it cannot be here.
    #[error("element type {0:#04x} cannot be here")]
    BadElementType(u8),
    /// An index that names no table.
    #[error("an index names no table")]
    BadToken,
    /// A count that is more than what follows could hold.
    #[error("a count of {0} is more than it can hold")]
    BadCount(u32),
    /// Types are nested deeper than types can be.
    #[error("its types are nested too deeply")]
    TooDeep,
}

/// A signature that cannot be read, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("bad signature, at offset {offset}: {kind}")]
pub struct SignatureError {
    /// What is wrong.
    pub kind: SignatureErrorKind,
    /// Where in the signature, in bytes.
    pub offset: usize,
}
