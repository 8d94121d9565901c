//! `diagnose`: what is wrong with the process.

use std::io;

use clrscope_diagnose::{Diagnosis, Severity};
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FindingEntry {
    /// The rule's name.
    pub id: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is wrong, in one line.
    pub title: String,
    /// Whose it is: a static field, a method, a type, an assembly.
    pub owner: Option<String>,
    /// Figures, a line each.
    pub evidence: Vec<String>,
    /// The command line that shows more.
    pub next: String,
}

/// A rule that could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SkippedEntry {
    /// The rule's name.
    pub id: &'static str,
    /// Why.
    pub reason: String,
}

/// The answer of `diagnose`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnose {
    /// The gravest first.
    pub findings: Vec<FindingEntry>,
    /// What the dump does not support.
    pub skipped: Vec<SkippedEntry>,
}

impl Diagnose {
    /// Says what was found in the dump that was opened from `path`.
    pub fn new(diagnosis: &Diagnosis, path: &str) -> Diagnose {
        let entry = |finding: &clrscope_diagnose::Finding| FindingEntry {
            id: finding.id,
            severity: finding.severity.name(),
            title: finding.title.clone(),
            owner: finding.owner.clone(),
            evidence: finding.evidence.clone(),
            next: finding.next.line(path).to_string(),
        };
        let skipped = diagnosis
            .skipped
            .iter()
            .map(|skipped| SkippedEntry { id: skipped.id, reason: skipped.reason.clone() });
        Diagnose {
            findings: diagnosis.findings.iter().map(entry).collect(),
            skipped: skipped.collect(),
        }
    }

    fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity.name()).count()
    }
}

impl Report for Diagnose {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.findings.is_empty() {
            page.heading("Nothing found.")?;
        } else {
            page.heading(&format!(
                "Errors: {}, warnings: {}, notes: {}. The gravest first.",
                self.count(Severity::Error),
                self.count(Severity::Warning),
                self.count(Severity::Note)
            ))?;
        }
        for (number, finding) in (1..).zip(&self.findings) {
            writeln!(page)?;
            let title = Escaped(&finding.title);
            page.heading(&format!("{number}. {}: {title} [{}]", finding.severity, finding.id))?;
            for line in &finding.evidence {
                writeln!(page, "   {}", Escaped(line))?;
            }
            writeln!(page, "   more: {}", Escaped(&finding.next))?;
        }
        if !self.skipped.is_empty() {
            writeln!(page)?;
            page.heading("Not looked at:")?;
        }
        for skipped in &self.skipped {
            writeln!(page, "   {}: {}", skipped.id, Escaped(&skipped.reason))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["id", "severity", "title", "owner", "evidence", "next"])?;
        for finding in &self.findings {
            rows.row(&[
                Cell::Text(finding.id),
                Cell::Text(finding.severity),
                Cell::Text(&finding.title),
                Cell::optional(finding.owner.as_deref()),
                Cell::Text(&finding.evidence.join("; ")),
                Cell::Text(&finding.next),
            ])?;
        }
        Ok(())
    }
}
