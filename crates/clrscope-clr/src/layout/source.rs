//! Who says where a thing is.

use std::fmt;

/// Which layer of the layout a fact came from. The order is that of trust: the first is the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// The runtime's contract descriptor (.NET 9 and later).
    Contract,
    /// The GC's own table of its variables (.NET Core 2.0 and later).
    GcDacVars,
    /// A built-in table, measured on a build of this name.
    Table(&'static str),
    /// Inferred from what must hold in every runtime: votes for this answer and for the next best.
    Inferred {
        /// Observations that agree with this.
        votes: u32,
        /// Observations that agree with the second best.
        runner_up: u32,
    },
    /// Found by the shape of the data alone.
    Structural,
}

impl Source {
    /// The name that machine-readable output uses.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Contract => "contract",
            Source::GcDacVars => "gc-dac-vars",
            Source::Table(_) => "table",
            Source::Inferred { .. } => "inferred",
            Source::Structural => "structural",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Contract => f.write_str("the contract descriptor"),
            Source::GcDacVars => f.write_str("the GC's variables"),
            Source::Table(build) => write!(f, "the table of {build}"),
            Source::Inferred { votes, runner_up } => {
                write!(f, "inference ({votes} votes, next best {runner_up})")
            }
            Source::Structural => f.write_str("the shape of the data"),
        }
    }
}

/// Which layers of the layout may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum LayoutMode {
    /// All, strongest first; what can be inferred, if no layer knows the version.
    #[default]
    Auto,
    /// Neither the contract descriptor nor what was measured on a version: only the GC's own table, found by
    /// its shape, and what can be inferred.
    Infer,
}
