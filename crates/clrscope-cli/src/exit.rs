//! How the process ends. The codes are a promise to scripts: see `docs/cli.md`.

use std::fmt;
use std::io;
use std::path::PathBuf;

use clrscope::analyze::JoinStopped;
use clrscope::graph::{GraphError, Search, Stop};
use clrscope::memory::Interrupted;

/// How an answer came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is complete.
    Done,
    /// A check failed, or what was asked for is not there.
    Negative,
    /// It is printed and is not complete.
    Partial,
    /// There is none, for reasons that were said, with this code.
    Reported(u8),
}

impl Outcome {
    /// The outcome of two parts of one answer.
    #[cfg(feature = "query")]
    pub(crate) fn and(self, other: Outcome) -> Outcome {
        if self == Outcome::Done { other } else { self }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Outcome::Done => 0,
            Outcome::Negative => 1,
            Outcome::Partial => 4,
            Outcome::Reported(code) => code,
        }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was asked for is not there.
    NotThere(String),
    /// What was asked for was not found. Whether it is not there hangs on whether all could be looked
    /// through: `Context::settle` says.
    NotFound(String),
    /// Nobody can say whether what was asked for is there: the dump lacks what would tell.
    NotKnown(String),
    /// The question makes no sense.
    Usage(String),
    /// The dump cannot be opened, or holds no runtime that can be read.
    Unreadable(String),
    /// A budget or a time limit ran out before there was anything to print.
    Interrupted(Interrupted),
    /// The file that shall hold the answer cannot be made.
    Unwritable(PathBuf, io::Error),
    /// The answer could not be written.
    Output(io::Error),
}

impl Failure {
    /// There is no answer because a search that it hangs on was stopped.
    pub(crate) fn unfinished(search: &Search) -> Failure {
        match search.stop() {
            Some(Stop::Interrupted(reason)) => Failure::Interrupted(reason),
            _ => Failure::Interrupted(Interrupted::TimedOut),
        }
    }

    /// A closed pipe ends the work and is no error.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            _ if self.is_closed_pipe() => 0,
            Failure::NotThere(_) | Failure::NotFound(_) => 1,
            Failure::Usage(_) | Failure::Unwritable(..) => 2,
            Failure::Unreadable(_) | Failure::Output(_) => 3,
            Failure::NotKnown(_) | Failure::Interrupted(_) => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotThere(message)
            | Failure::NotFound(message)
            | Failure::NotKnown(message)
            | Failure::Usage(message)
            | Failure::Unreadable(message) => f.write_str(message),
            Failure::Interrupted(reason) => write!(f, "no answer: {reason}"),
            Failure::Unwritable(path, error) => {
                write!(f, "{} cannot be written: {error}", path.display())
            }
            Failure::Output(error) => write!(f, "the answer cannot be written: {error}"),
        }
    }
}

impl From<JoinStopped> for Failure {
    fn from(stopped: JoinStopped) -> Self {
        Failure::Interrupted(match stopped {
            JoinStopped::Interrupted(reason) | JoinStopped::Search(Stop::Interrupted(reason)) => {
                reason
            }
            JoinStopped::Search(_) => Interrupted::TimedOut,
        })
    }
}

impl From<Interrupted> for Failure {
    fn from(reason: Interrupted) -> Self {
        Failure::Interrupted(reason)
    }
}

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Interrupted(reason) => Failure::Interrupted(reason),
            other => Failure::Unreadable(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}
