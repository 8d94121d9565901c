//! What came of a rule.

use crate::rule::{Bound, Level};

/// What came of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It holds, and nothing is missing that could break it.
    Passed,
    /// Nobody can say: something is missing from the dump, or a limit stopped the search.
    Inconclusive,
    /// It does not hold.
    Failed,
}

impl Status {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Passed => "passed",
            Status::Inconclusive => "inconclusive",
            Status::Failed => "failed",
        }
    }
}

/// What came of a rule, with figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The name of the rule.
    pub name: String,
    /// The line of the rule in its file, from 1.
    pub line: Option<usize>,
    /// How grave it is if it fails.
    pub level: Level,
    /// What came of it.
    pub status: Status,
    /// What was measured; `None`, if nothing could be.
    pub measured: Option<u64>,
    /// What was measured against which limit.
    pub bound: Bound,
    /// That limit.
    pub limit: u64,
    /// What the rule's author says of it.
    pub message: Option<String>,
    /// What was found, or why nobody can say: lines, those that say most first.
    pub detail: Vec<String>,
}
