//! Whole answers in one call.

use clrscope_analyze::{Facts, Profile, Session};
use clrscope_check::{Checked, Rules, check};
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

    /// Checks the process against rules: see [`clrscope_check::check`]. What it holds is compared with
    /// `baseline` by rules on growth, which nobody can answer without.
    ///
    /// # Errors
    /// If a rule makes no sense, or if `control` stops the baseline's analysis.
    pub fn check(
        &self,
        rules: &Rules,
        baseline: Option<&Dump>,
        control: &Control<'_>,
    ) -> Result<Checked, Error> {
        let baseline = baseline.filter(|_| rules.need_baseline());
        let baseline = baseline.map(|dump| dump.profile(control)).transpose()?;
        Ok(self.with_facts(|facts| check(rules, facts, baseline.as_ref(), control))??)
    }

    /// What the process holds by name, to be compared with others by
    /// [`clrscope_analyze::compare`].
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn profile(&self, control: &Control<'_>) -> Result<Profile, Error> {
        Ok(self.with_facts(|facts| Profile::of(facts, control))??)
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
