//! Why a question has no answer.

use clrscope_analyze::SessionError;
use clrscope_graph::GraphError;
use clrscope_memory::Interrupted;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The SQL is wrong, or asks for what is not allowed.
    #[error("{0}")]
    Sql(String),
    /// A time limit, a budget or the caller stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// The heap or its graph cannot be read.
    #[error(transparent)]
    Session(SessionError),
    /// The layout does not know what a table is made of.
    #[error("{0}")]
    Unavailable(String),
    /// The dump lacks what would tell which rows a table has.
    #[error("{0}")]
    NotKnown(String),
    /// The dump was written without what a table lists.
    #[error("{0}")]
    NotThere(String),
}

impl From<SessionError> for QueryError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Interrupted(reason) => QueryError::Interrupted(reason),
            other => QueryError::Session(other),
        }
    }
}

impl From<GraphError> for QueryError {
    fn from(error: GraphError) -> Self {
        SessionError::from(error).into()
    }
}
