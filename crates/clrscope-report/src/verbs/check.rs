//! `check`: whether a dump keeps to the rules of a file.

use std::io;

use clrscope_check::{Checked, Level, Outcome, Status};
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

mod junit;
mod sarif;

pub use self::sarif::Places;

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleEntry {
    /// Its name.
    pub id: String,
    /// `passed`, `failed` or `inconclusive`.
    pub status: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What was measured; null, if nothing could be.
    pub measured: Option<u64>,
    /// The key of the limit that decided: `max_count`...
    pub bound: &'static str,
    /// That limit.
    pub limit: u64,
    /// What the author of the rule says of it.
    pub message: Option<String>,
    /// What was found, or why nobody can say: a line each.
    pub detail: String,
    /// The line of the rule in its file, from 1.
    pub line: Option<usize>,
    /// The figures in words.
    #[serde(skip)]
    figures: String,
}

impl RuleEntry {
    /// Everything that there is to say, in lines.
    fn explanation(&self) -> String {
        let lines = [Some(self.figures.as_str()), self.message.as_deref(), Some(&self.detail)];
        let lines = lines.into_iter().flatten().filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    }

    fn is(&self, status: Status) -> bool {
        self.status == status.name()
    }
}

/// The answer of `check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What came of all rules together: `failed` if a rule of severity `error` failed, then
    /// `inconclusive` if nobody can answer one, else `passed`.
    pub status: &'static str,
    /// Rules that hold.
    pub passed: usize,
    /// Rules that do not.
    pub failed: usize,
    /// Rules that nobody can answer.
    pub inconclusive: usize,
    /// The rules in the order of the file.
    pub rules: Vec<RuleEntry>,
}

impl Check {
    /// Says what came of a rule file.
    pub fn new(checked: &Checked) -> Check {
        Check {
            status: checked.status().name(),
            passed: checked.count(Status::Passed),
            failed: checked.count(Status::Failed),
            inconclusive: checked.count(Status::Inconclusive),
            rules: checked.outcomes.iter().map(entry).collect(),
        }
    }
}

fn entry(outcome: &Outcome) -> RuleEntry {
    let (word, unit) = (outcome.bound.word(), outcome.bound.unit());
    let wanted = format!("wanted {word} {}{unit}", Grouped(outcome.limit));
    RuleEntry {
        id: outcome.name.clone(),
        status: outcome.status.name(),
        severity: outcome.level.name(),
        measured: outcome.measured,
        bound: outcome.bound.key(),
        limit: outcome.limit,
        message: outcome.message.clone().filter(|_| outcome.status == Status::Failed),
        detail: outcome.detail.join("\n"),
        line: outcome.line,
        figures: match outcome.measured {
            Some(measured) => format!("{}{unit}, {wanted}", Grouped(measured)),
            None => wanted,
        },
    }
}

impl Report for Check {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.heading(&format!(
            "{}: {} passed, {} failed, {} inconclusive",
            match self.status {
                "passed" => "Passed",
                "failed" => "Failed",
                _ => "Inconclusive",
            },
            self.passed,
            self.failed,
            self.inconclusive
        ))?;
        for status in [Status::Failed, Status::Inconclusive, Status::Passed] {
            for rule in self.rules.iter().filter(|rule| rule.is(status)) {
                let severity = match status {
                    Status::Failed if rule.severity != Level::Error.name() => {
                        format!(" ({})", rule.severity)
                    }
                    _ => String::new(),
                };
                let id = Escaped(&rule.id);
                writeln!(page, "{}{severity}: {id}: {}", rule.status, Escaped(&rule.figures))?;
                let lines = rule.message.iter().flat_map(|message| message.lines());
                for line in lines.chain(rule.detail.lines()) {
                    writeln!(page, "    {}", Escaped(line))?;
                }
            }
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "id", "status", "severity", "measured", "bound", "limit", "message", "detail",
        ])?;
        for rule in &self.rules {
            rows.row(&[
                Cell::Text(&rule.id),
                Cell::Text(rule.status),
                Cell::Text(rule.severity),
                Cell::optional_number(rule.measured),
                Cell::Text(rule.bound),
                Cell::Number(rule.limit),
                Cell::optional(rule.message.as_deref()),
                Cell::Text(&rule.detail),
            ])?;
        }
        Ok(())
    }
}
