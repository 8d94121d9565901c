//! Asks a dump every rule.

use std::fmt;

use clrscope_analyze::{Facts, Profile, Unavailable};
use clrscope_memory::{Control, Grouped};

use crate::entry::RuleError;
use crate::measure::{Measured, measure};
use crate::outcome::{Outcome, Status};
#[cfg(feature = "query")]
use crate::query::Queries;
use crate::rule::{Bound, Level, Limit, Rule, Rules, Subject};
use crate::{growth, paths};

/// What came of all rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// One for each rule, in the order of the file.
    pub outcomes: Vec<Outcome>,
}

/// Checks a process. Rules on growth need the profile of the dump that it is compared with; without it
/// they are inconclusive, and so are those that are queries in a build without them.
///
/// # Errors
/// If a query is none: the error says in which line.
pub fn check(
    rules: &Rules,
    facts: &Facts<'_, '_>,
    baseline: Option<&Profile>,
    control: &Control<'_>,
) -> Result<Checked, RuleError> {
    #[cfg(feature = "query")]
    let queries = Queries::prepare(rules, facts, control)?;
    // Made only if a rule needs it, and once.
    let now = (rules.need_baseline() && baseline.is_some()).then(|| Profile::of(facts, control));
    let measured = |rule: &Rule, limit: &Limit| -> Result<Measured, Unavailable> {
        let absent = |why: &str| Unavailable::Absent(why.to_owned());
        match &rule.subject {
            Subject::Gone(pattern) => paths::alive(pattern, facts, control),
            Subject::NoPath { from, to } => paths::paths(from, to, facts, control),
            Subject::Growth { part, names } => {
                let before = baseline.ok_or_else(|| absent("there is no baseline"))?;
                let now = now.as_ref().ok_or_else(|| absent("there is no baseline"))?;
                let now = now.as_ref().map_err(|&reason| Unavailable::Interrupted(reason))?;
                growth::growth(*part, names, limit.bound, before, now).map_err(Unavailable::Absent)
            }
            #[cfg(feature = "query")]
            Subject::Query(sql) => {
                queries.as_ref().ok_or_else(|| absent("there are no queries"))?.rows(sql)
            }
            #[cfg(not(feature = "query"))]
            Subject::Query(_) => Err(absent("this build has no queries")),
            subject => measure(subject, limit.bound, facts, control),
        }
    };
    let outcomes = rules.iter().map(|rule| {
        let all = rule.limits.iter().map(|limit| judge(rule, limit, measured(rule, limit)));
        // Of several limits, the first that says most decides.
        let worst = all.fold(None, |worst: Option<Outcome>, outcome| match worst {
            Some(worst) if worst.status >= outcome.status => Some(worst),
            _ => Some(outcome),
        });
        worst.unwrap_or_else(|| {
            let none = Limit { bound: Bound::MaxCount, value: 0 };
            judge(rule, &none, Err(Unavailable::Absent("the rule has no limit".to_owned())))
        })
    });
    Ok(Checked { outcomes: outcomes.collect() })
}

/// Compares a figure with its limit. Where what is missing could only make it larger, a figure above the
/// limit stays above it.
fn judge(rule: &Rule, limit: &Limit, measured: Result<Measured, Unavailable>) -> Outcome {
    let mut outcome = Outcome {
        name: rule.name.clone(),
        line: rule.line,
        level: rule.level,
        status: Status::Inconclusive,
        measured: None,
        bound: limit.bound,
        limit: limit.value,
        message: rule.message.clone(),
        detail: Vec::new(),
    };
    match measured {
        Err(why) => outcome.detail.push(why.to_string()),
        Ok(measured) => {
            let holds = match limit.bound {
                Bound::MinCount => measured.value >= limit.value,
                _ => measured.value <= limit.value,
            };
            let only_more = limit.bound != Bound::MinCount && !measured.unsure;
            outcome.status = match (holds, &measured.partial) {
                (true, None) => Status::Passed,
                (false, None) => Status::Failed,
                (false, Some(_)) if only_more => Status::Failed,
                (_, Some(_)) => Status::Inconclusive,
            };
            outcome.measured = Some(measured.value);
            // Why nobody can say comes before what there is to say all the same.
            let reason = measured.partial.filter(|_| outcome.status == Status::Inconclusive);
            outcome.detail.extend(reason);
            if !holds {
                outcome.detail.extend(measured.detail);
            }
        }
    }
    outcome
}

impl Checked {
    /// What came of all rules together: a rule of [`Level::Error`] that failed decides, then any that
    /// nobody can answer. Warnings and notes that fail are only said.
    pub fn status(&self) -> Status {
        let failed =
            |outcome: &Outcome| outcome.status == Status::Failed && outcome.level == Level::Error;
        if self.outcomes.iter().any(failed) {
            Status::Failed
        } else if self.outcomes.iter().any(|outcome| outcome.status == Status::Inconclusive) {
            Status::Inconclusive
        } else {
            Status::Passed
        }
    }

    /// How many rules came out so.
    pub fn count(&self, status: Status) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }

    /// For tests: does nothing if all rules passed.
    ///
    /// # Panics
    /// If a rule of [`Level::Error`] failed or any is inconclusive; the message has the figures, and the
    /// paths to what ought to be gone.
    #[track_caller]
    pub fn assert_passed(&self) {
        assert!(self.status() == Status::Passed, "{self}");
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status.name(), self.name)?;
        if let Some(measured) = self.measured {
            let (word, unit) = (self.bound.word(), self.bound.unit());
            write!(
                f,
                ": {}{unit}, wanted {word} {}{unit}",
                Grouped(measured),
                Grouped(self.limit)
            )?;
        }
        if let Some(message) = self.message.as_ref().filter(|_| self.status == Status::Failed) {
            write!(f, "\n    {message}")?;
        }
        self.detail.iter().try_for_each(|line| write!(f, "\n    {line}"))
    }
}

/// Everything that did not pass, with what there is to say about it.
impl fmt::Display for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rules passed, {} failed, {} inconclusive",
            self.count(Status::Passed),
            self.count(Status::Failed),
            self.count(Status::Inconclusive)
        )?;
        let others = self.outcomes.iter().filter(|outcome| outcome.status != Status::Passed);
        others.into_iter().try_for_each(|outcome| write!(f, "\n{outcome}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn judged(bound: Bound, value: u64, measured: u64, partial: bool) -> Status {
        let rule = Rule {
            name: "r".to_owned(),
            level: Level::Error,
            message: None,
            subject: Subject::Type(Pattern::new("*")),
            limits: Vec::new(),
            line: None,
        };
        let partial = partial.then(|| "the dump ends early".to_owned());
        let measured = Measured { value: measured, partial, unsure: false, detail: Vec::new() };
        judge(&rule, &Limit { bound, value }, Ok(measured)).status
    }

    #[test]
    fn a_partial_answer_is_never_a_pass() {
        assert_eq!(judged(Bound::MaxCount, 5, 5, false), Status::Passed);
        assert_eq!(judged(Bound::MaxCount, 5, 6, false), Status::Failed);
        assert_eq!(judged(Bound::MaxCount, 5, 5, true), Status::Inconclusive);
        // What is missing can only make it more.
        assert_eq!(judged(Bound::MaxCount, 5, 6, true), Status::Failed);
        assert_eq!(judged(Bound::MinCount, 5, 5, false), Status::Passed);
        assert_eq!(judged(Bound::MinCount, 5, 4, false), Status::Failed);
        assert_eq!(judged(Bound::MinCount, 5, 5, true), Status::Inconclusive);
        assert_eq!(judged(Bound::MinCount, 5, 4, true), Status::Inconclusive);
    }
}
