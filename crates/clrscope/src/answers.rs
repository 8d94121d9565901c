//! Whole answers in one call.

use clrscope_analyze::{Facts, Session};
use clrscope_diagnose::{Diagnosis, diagnose};
use clrscope_memory::{Control, Issue, IssueKind, Parsed};

use crate::{Dump, Error};

impl Dump {
    /// Says what is wrong with the process: see [`clrscope_diagnose::diagnose`]. Rules that the dump does
    /// not support are named in [`Diagnosis::skipped`].
    ///
    /// # Errors
    /// Never for a dump that could be opened.
    pub fn diagnose(&self, control: &Control<'_>) -> Result<Parsed<Diagnosis>, Error> {
        self.with_facts(|facts| {
            let diagnosis = diagnose(facts, control);
            let mut issues = facts.issues();
            issues.extend(
                diagnosis
                    .interrupted
                    .map(|reason| Issue::general(IssueKind::Interrupted, reason.to_string())),
            );
            Parsed { value: diagnosis, issues }
        })
    }

    /// Asks `ask` with all analyses of the first runtime at hand, each of which is made when it is first
    /// asked for, and once.
    ///
    /// # Errors
    /// Never for a dump that could be opened.
    pub fn with_facts<R>(&self, ask: impl FnOnce(&Facts<'_, '_>) -> R) -> Result<R, Error> {
        let snapshot = self.snapshot()?;
        let session = match self.runtime() {
            Ok(runtime) => Ok(Session::new(runtime)),
            Err(error) => Err(error.to_string()),
        };
        let facts = Facts::new(
            self.minidump()?,
            &snapshot.value,
            snapshot.issues,
            session.as_ref().map_err(Clone::clone),
        );
        Ok(ask(&facts))
    }
}
