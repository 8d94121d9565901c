//! Damage, reported with its place. Damaged input is normal input: a bad record becomes an [`Issue`],
//! its neighbours are still read, and the answer says that it is not complete.

use std::collections::BTreeSet;
use std::fmt;

use crate::{FileOffset, VirtAddr};

/// Where something was found to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// At an offset of the file.
    File(FileOffset),
    /// At an address of the captured process.
    Memory(VirtAddr),
    /// Not at one place.
    Nowhere,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(offset) => write!(f, "file:{offset}"),
            Place::Memory(address) => write!(f, "{address}"),
            Place::Nowhere => f.write_str("-"),
        }
    }
}

/// What sort of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IssueKind {
    /// Data that ends before it should.
    Truncated,
    /// Two records that claim the same place.
    Overlap,
    /// A value that cannot be.
    BadValue,
    /// Memory that the capture does not hold.
    MissingMemory,
    /// A structure that ought to be there and is not.
    MissingStructure,
    /// A linked structure that comes back to itself.
    Cycle,
    /// A limit of [`crate::limits`] was reached.
    LimitReached,
    /// Two sources that ought to agree and do not.
    Disagreement,
    /// A version or variant that this library does not know.
    Unsupported,
    /// An object that was being made or moved when the capture was taken, or is damaged.
    TornObject,
    /// A budget or a time limit ran out.
    Interrupted,
}

impl IssueKind {
    /// Whether something may be missing from an answer because of an issue of this kind. Where two
    /// sources disagree or two records overlap, one was chosen, and nothing is missing.
    pub const fn makes_partial(self) -> bool {
        !matches!(self, IssueKind::Disagreement | IssueKind::Overlap)
    }

    /// The name that machine-readable output uses.
    pub const fn name(self) -> &'static str {
        match self {
            IssueKind::Truncated => "truncated",
            IssueKind::Overlap => "overlap",
            IssueKind::BadValue => "bad-value",
            IssueKind::MissingMemory => "missing-memory",
            IssueKind::MissingStructure => "missing-structure",
            IssueKind::Cycle => "cycle",
            IssueKind::LimitReached => "limit-reached",
            IssueKind::Disagreement => "disagreement",
            IssueKind::Unsupported => "unsupported",
            IssueKind::TornObject => "torn-object",
            IssueKind::Interrupted => "interrupted",
        }
    }
}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Issue {
    /// What sort of thing is wrong.
    pub kind: IssueKind,
    /// Where.
    pub place: Place,
    /// One clause for a person: lower case, no full stop.
    pub message: String,
}

impl Issue {
    /// An issue at an offset of the file.
    pub fn in_file(kind: IssueKind, at: FileOffset, message: impl Into<String>) -> Issue {
        Issue { kind, place: Place::File(at), message: message.into() }
    }

    /// An issue at an address of the captured process.
    pub fn in_memory(kind: IssueKind, at: VirtAddr, message: impl Into<String>) -> Issue {
        Issue { kind, place: Place::Memory(at), message: message.into() }
    }

    /// An issue of the whole.
    pub fn general(kind: IssueKind, message: impl Into<String>) -> Issue {
        Issue { kind, place: Place::Nowhere, message: message.into() }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Nowhere => f.write_str(&self.message),
            place => write!(f, "{} at {place}", self.message),
        }
    }
}

/// Issues as they are gathered. Hostile input can be wrong in millions of places: the first
/// [`crate::limits::MAX_ISSUES`] are kept, the rest are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Issues {
    kept: Vec<Issue>,
    dropped: u64,
}

impl Issues {
    /// No issues.
    pub const fn new() -> Issues {
        Issues { kept: Vec::new(), dropped: 0 }
    }

    /// Adds an issue, or counts it if there are too many.
    pub fn push(&mut self, issue: Issue) {
        if self.kept.len() < crate::limits::MAX_ISSUES {
            self.kept.push(issue);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds all issues of another list.
    pub fn append(&mut self, other: Issues) {
        for issue in other.kept {
            self.push(issue);
        }
        self.dropped += other.dropped;
    }

    /// Those that differ, each where it stands first: what several readers came upon is one issue.
    #[must_use]
    pub fn distinct(&self) -> Issues {
        let mut seen = BTreeSet::new();
        let kept = self.kept.iter().filter(|issue| seen.insert(*issue)).cloned();
        Issues { kept: kept.collect(), dropped: self.dropped }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many issues there are, the uncounted among them.
    pub fn count(&self) -> u64 {
        self.kept.len() as u64 + self.dropped
    }

    /// How many issues were counted but not kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The issues that were kept, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Issue> {
        self.kept.iter()
    }
}

impl<'a> IntoIterator for &'a Issues {
    type Item = &'a Issue;
    type IntoIter = std::slice::Iter<'a, Issue>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Issue> for Issues {
    fn extend<T: IntoIterator<Item = Issue>>(&mut self, issues: T) {
        for issue in issues {
            self.push(issue);
        }
    }
}

/// A value that was read as far as it could be, and what was wrong on the way.
#[derive(Debug, Clone, Default)]
pub struct Parsed<T> {
    /// What could be read.
    pub value: T,
    /// What was wrong.
    pub issues: Issues,
}

impl<T> Parsed<T> {
    /// A value with nothing wrong about it.
    pub fn clean(value: T) -> Parsed<T> {
        Parsed { value, issues: Issues::new() }
    }

    /// Moves the issues to `issues` and gives the value.
    pub fn take(self, issues: &mut Issues) -> T {
        issues.append(self.issues);
        self.value
    }

    /// Whether nothing was wrong.
    pub fn is_complete(&self) -> bool {
        self.issues.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_are_counted_past_the_limit() {
        let mut issues = Issues::new();
        for _ in 0..crate::limits::MAX_ISSUES + 3 {
            issues.push(Issue::general(IssueKind::BadValue, "wrong"));
        }
        assert_eq!(issues.dropped(), 3);
        assert_eq!(issues.count(), crate::limits::MAX_ISSUES as u64 + 3);
    }

    #[test]
    fn what_is_found_twice_is_one_issue() {
        let at = |place| Issue::in_memory(IssueKind::BadValue, VirtAddr(place), "wrong");
        let mut issues = Issues::new();
        issues.extend([at(2), at(1), at(2)]);
        assert_eq!(issues.distinct().iter().cloned().collect::<Vec<_>>(), [at(2), at(1)]);
    }

    #[test]
    fn an_issue_prints_its_place() {
        let issue = Issue::in_file(IssueKind::Truncated, FileOffset(16), "the header ends early");
        assert_eq!(issue.to_string(), "the header ends early at file:0x10");
    }
}
