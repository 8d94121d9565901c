//! What was wrong, in few lines: what is alike is said once.

use std::collections::HashMap;

use clrscope_memory::{Issue, Issues, Place};

use crate::escape::Escaped;
use clrscope_analyze::Grouped;

/// Lines that say what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IssueLines {
    /// The lines, without control characters.
    pub lines: Vec<String>,
    /// How many issues they stand for, and those that no line stands for.
    pub issues: u64,
    /// Whether `--issues` would say more.
    pub more: bool,
}

impl IssueLines {
    /// At most `limit` lines for the issues that are `wanted`. Those of the whole come first; of those that
    /// differ only in numbers and places, the first is shown and the rest are counted.
    pub fn new(issues: &Issues, wanted: impl Fn(&Issue) -> bool, limit: usize) -> IssueLines {
        let mut places: HashMap<_, usize> = HashMap::new();
        let mut groups: Vec<(&Issue, u64)> = Vec::new();
        for issue in issues.iter().filter(|issue| wanted(issue)) {
            let place = *places.entry((issue.kind, shape(&issue.message))).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, count)) => *count += 1,
                None => groups.push((issue, 1)),
            }
        }
        groups.sort_by_key(|(issue, _)| issue.place != Place::Nowhere);
        let shown = groups.iter().take(limit).map(|&(issue, count)| {
            let text = Escaped(&issue.to_string()).to_string();
            match count {
                1 => text,
                _ => format!("{text} (and {} more like it)", Grouped(count - 1)),
            }
        });
        let lines: Vec<_> = shown.collect();
        let kept = groups.iter().map(|(_, count)| count).sum::<u64>();
        let more = (lines.len() as u64) < kept || issues.dropped() > 0;
        let dropped = if kept > 0 { issues.dropped() } else { 0 };
        IssueLines { lines, issues: kept + dropped, more }
    }

    /// A line for each issue that is `wanted`.
    pub fn all(issues: &Issues, wanted: impl Fn(&Issue) -> bool) -> IssueLines {
        let wanted = issues.iter().filter(|issue| wanted(issue));
        let line =
            |issue: &Issue| format!("{}: {}", issue.kind.name(), Escaped(&issue.to_string()));
        let mut lines: Vec<_> = wanted.map(line).collect();
        let kept = lines.len() as u64;
        if kept > 0 && issues.dropped() > 0 {
            lines.push(format!("{} more were counted only", Grouped(issues.dropped())));
        }
        IssueLines { lines, issues: kept + issues.dropped(), more: false }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What a partial answer ends with.
    pub fn partial(&self) -> String {
        match &self.lines[..] {
            [only] if !self.more => format!("Partial: this answer is not complete: {only}"),
            lines => {
                let count = match self.issues {
                    1 => "1 issue".to_owned(),
                    issues => format!("{} issues", Grouped(issues)),
                };
                let hint = if self.more { "; --issues lists them" } else { "" };
                let mut text = format!("Partial: this answer is not complete ({count}{hint}):");
                for line in lines {
                    text.push_str("\n  - ");
                    text.push_str(line);
                }
                text
            }
        }
    }
}

/// A message without its numbers.
fn shape(message: &str) -> String {
    let mut shape = String::with_capacity(message.len());
    let mut word_begins = true;
    let mut number = false;
    for character in message.chars() {
        // A number goes on as far as letters, digits and commas do, as in 0x7f5a and 5,736.
        let in_word = character.is_alphanumeric() || (number && character == ',');
        if word_begins && character.is_ascii_digit() {
            number = true;
            shape.push('#');
        }
        if !in_word {
            number = false;
        }
        if !number {
            shape.push(character);
        }
        word_begins = !in_word;
    }
    shape
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{IssueKind, VirtAddr};

    use super::*;

    fn issues() -> Issues {
        let mut issues = Issues::new();
        for (at, bytes) in [(0x1000, "192"), (0x2000, "24"), (0x3000, "1,048,576")] {
            let message = format!("{bytes} bytes cannot be read");
            issues.push(Issue::in_memory(IssueKind::TornObject, VirtAddr(at), message));
        }
        issues.push(Issue::general(IssueKind::MissingStructure, "there is no list of threads"));
        issues.push(Issue::general(IssueKind::MissingStructure, "there is no list of threads"));
        issues.push(Issue::general(IssueKind::Overlap, "2 ranges overlap"));
        issues
    }

    #[test]
    fn what_is_alike_is_said_once_and_the_whole_before_places() {
        let lines = IssueLines::new(&issues(), |issue| issue.kind.makes_partial(), 3);
        assert_eq!(
            lines.lines,
            [
                "there is no list of threads (and 1 more like it)",
                "192 bytes cannot be read at 0x1000 (and 2 more like it)"
            ]
        );
        assert_eq!((lines.issues, lines.more), (5, true));
        assert_eq!(
            lines.partial(),
            "Partial: this answer is not complete (5 issues; --issues lists them):\n  \
             - there is no list of threads (and 1 more like it)\n  \
             - 192 bytes cannot be read at 0x1000 (and 2 more like it)"
        );
    }

    #[test]
    fn one_issue_is_one_line() {
        let lines = IssueLines::new(&issues(), |issue| issue.kind == IssueKind::Overlap, 3);
        assert_eq!(lines.partial(), "Partial: this answer is not complete: 2 ranges overlap");
    }

    #[test]
    fn all_are_listed_with_their_kinds() {
        let lines = IssueLines::all(&issues(), |_| true);
        assert_eq!(lines.lines.len(), 6);
        assert_eq!(lines.lines[1], "torn-object: 24 bytes cannot be read at 0x2000");
        assert!(!lines.more);
    }

    #[test]
    fn nothing_wrong_is_nothing_said() {
        assert!(IssueLines::new(&issues(), |_| false, 3).is_empty());
    }

    #[test]
    fn shapes_have_no_numbers() {
        assert_eq!(shape("5736 bytes at 0x7f5a of 1,024; x64"), "# bytes at # of #; x64");
    }
}
