//! How a command answers.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};

use clrscope::analyze::Facts;
use clrscope::memory::{Interrupted, Issue, IssueKind, Issues};
use clrscope_report::{
    DumpIdentity, Envelope, Format, IssueLines, Report, RuntimeIdentity, Style, write_json,
    write_rows, write_text,
};

use super::{Context, TOOL};
use crate::exit::{Failure, Outcome};

/// Lines about issues that are printed beside an answer.
const PRINTED_ISSUES: usize = 5;

impl Context<'_> {
    /// Writes an answer that was made of `facts`, which is not complete if what it was made of was not, or
    /// if one of `interrupted` is given.
    pub(crate) fn answer_facts<R: Report>(
        &self,
        report: &R,
        facts: &Facts<'_, '_>,
        interrupted: &[Option<Interrupted>],
    ) -> Result<Outcome, Failure> {
        let mut issues = facts.issues();
        for reason in interrupted.iter().flatten() {
            issues.push(Issue::general(IssueKind::Interrupted, reason.to_string()));
        }
        if let Err(why) = facts.heap() {
            let why = format!("nothing is said of the managed heap: {why}");
            issues.push(Issue::general(IssueKind::MissingStructure, why));
        }
        match self.runtime() {
            Ok(_) => self.answer(report, &issues),
            Err(_) => self.answer_for_dump(report, &issues),
        }
    }

    /// Writes an answer about several dumps, of which this one is the first.
    pub(crate) fn answer_for_dumps<R: Report>(
        &self,
        report: &R,
        dumps: &[DumpIdentity],
        issues: &Issues,
    ) -> Result<Outcome, Failure> {
        let identity = self.session().ok().map(|(index, session)| {
            RuntimeIdentity::new(index, session.runtime(), session.heap().ok())
        });
        self.write(report, identity.as_ref(), dumps, issues)
    }

    /// Writes an answer about the runtime that was chosen. What was wrong on the way decides whether it
    /// is complete.
    pub(crate) fn answer<R: Report>(
        &self,
        report: &R,
        issues: &Issues,
    ) -> Result<Outcome, Failure> {
        let (index, session) = self.session()?;
        let identity = RuntimeIdentity::new(index, session.runtime(), session.heap().ok());
        self.write(report, Some(&identity), &[], issues)
    }

    /// Writes an answer about the dump as a whole.
    pub(crate) fn answer_for_dump<R: Report>(
        &self,
        report: &R,
        issues: &Issues,
    ) -> Result<Outcome, Failure> {
        self.write(report, None, &[], issues)
    }

    fn write<R: Report>(
        &self,
        report: &R,
        runtime: Option<&RuntimeIdentity>,
        dumps: &[DumpIdentity],
        issues: &Issues,
    ) -> Result<Outcome, Failure> {
        if let Some(reporter) = &self.progress {
            reporter.clear();
        }
        let issues = &issues.distinct();
        let is_partial = issues.iter().any(makes_partial);
        let format = Format::from(self.globals.format);
        // Text ends with what makes it partial; rows and bare lists have no place for that.
        let in_text = format == Format::Text && !report.is_bare();
        if format != Format::Json {
            self.print_issues(issues, |issue| !in_text || !makes_partial(issue));
        }
        let mut out = self.output()?;
        match format {
            Format::Text => {
                let reasons = match self.globals.issues {
                    true => IssueLines::all(issues, makes_partial),
                    false => IssueLines::new(issues, makes_partial, GIVEN_REASONS),
                };
                let partial = is_partial.then(|| reasons.partial());
                write_text(report, self.style(), partial.as_deref(), &mut out)?;
            }
            Format::Json => {
                let dump = self.dump_identity();
                let envelope = Envelope::new(&TOOL, &dump, runtime, !is_partial, issues, report);
                let envelope = envelope.with_dumps(dumps);
                write_json(&envelope, &mut out)?;
            }
            Format::Tsv | Format::Csv => write_rows(report, format, &mut out)?,
        }
        out.flush()?;
        Ok(if is_partial { Outcome::Partial } else { Outcome::Done })
    }

    /// Says on standard error what was wrong.
    fn print_issues(&self, issues: &Issues, wanted: impl Fn(&Issue) -> bool) {
        let lines = match self.globals.issues {
            true => IssueLines::all(issues, wanted),
            false => IssueLines::new(issues, wanted, PRINTED_ISSUES),
        };
        let hint = lines.more.then(|| "--issues lists them all".to_owned());
        let mut error = io::stderr().lock();
        // Nobody can be told that the diagnostics were lost.
        let _ = lines
            .lines
            .into_iter()
            .chain(hint)
            .try_for_each(|line| writeln!(error, "clrscope: {line}"));
    }

    fn output(&self) -> Result<Box<dyn Write>, Failure> {
        if let Some(sink) = self.sink.take() {
            return Ok(Box::new(BufWriter::with_capacity(BUFFER, sink)));
        }
        Ok(match &self.globals.output {
            Some(path) => {
                let file = File::create(path);
                let file = file.map_err(|error| Failure::Unwritable(path.clone(), error))?;
                Box::new(BufWriter::with_capacity(BUFFER, file))
            }
            None => Box::new(BufWriter::with_capacity(BUFFER, io::stdout())),
        })
    }

    fn style(&self) -> Style {
        let is_terminal =
            self.globals.output.is_none() && !self.is_redirected && io::stdout().is_terminal();
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let color = self.globals.color.shows(is_terminal, refused);
        Style { target: self.opened.snapshot.target, classic: self.globals.classic, color }
    }

    /// Says on standard error what was wrong with an answer that is already written.
    #[cfg(feature = "query")]
    pub(crate) fn report_issues(&self, issues: &Issues) -> Outcome {
        self.print_issues(issues, |_| true);
        if issues.iter().any(makes_partial) { Outcome::Partial } else { Outcome::Done }
    }
}

/// Bytes of an answer that are gathered before they are written.
const BUFFER: usize = 1 << 18;

/// Reasons that are given in the text of a partial answer.
const GIVEN_REASONS: usize = 3;

/// Whether something may be missing from an answer because of an issue.
fn makes_partial(issue: &Issue) -> bool {
    issue.kind.makes_partial()
}
