//! An answer with what is missing from it.

use std::sync::OnceLock;

use clrscope_clr::MissingField;
use clrscope_memory::{Interrupted, Issues};

use crate::JoinStopped;

/// An answer, and what is missing from it.
#[derive(Debug, Clone)]
pub struct Fact<T> {
    /// The answer.
    pub value: T,
    /// What was wrong in its own making, beside what it stands on.
    pub issues: Issues,
    /// Why it may be incomplete, by its own making or by what it stands on: one clause. `None`, if
    /// nothing is missing.
    pub partial: Option<String>,
}

/// Why a question cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The dump lacks what it takes: one clause.
    #[error("{0}")]
    Absent(String),
    /// A time limit, a budget or the caller stopped it.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<MissingField> for Unavailable {
    fn from(missing: MissingField) -> Self {
        Unavailable::Absent(missing.to_string())
    }
}

impl From<JoinStopped> for Unavailable {
    fn from(stopped: JoinStopped) -> Self {
        match stopped {
            JoinStopped::Interrupted(reason)
            | JoinStopped::Search(clrscope_graph::Stop::Interrupted(reason)) => {
                Unavailable::Interrupted(reason)
            }
            JoinStopped::Search(_) => {
                Unavailable::Absent("the search from the roots was not finished".to_owned())
            }
        }
    }
}

/// A place for an answer that is made once.
pub(super) struct Slot<T>(OnceLock<Fact<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot(OnceLock::new())
    }
}

impl<T> Slot<T> {
    /// The answer; if two threads make it at once, the first stays.
    pub(super) fn get_or_make(
        &self,
        make: impl FnOnce() -> Result<Fact<T>, Unavailable>,
    ) -> Result<&Fact<T>, Unavailable> {
        if let Some(fact) = self.0.get() {
            return Ok(fact);
        }
        let fact = make()?;
        Ok(self.0.get_or_init(|| fact))
    }

    /// What was wrong in its making, if it was made.
    pub(super) fn issues(&self) -> Option<&Issues> {
        self.0.get().map(|fact| &fact.issues)
    }
}
