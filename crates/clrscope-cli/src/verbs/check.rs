//! `check`: whether a dump keeps to the rules of a file. Made for CI.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use clrscope::analyze::Profile;
use clrscope::check::{Checked, RuleError, Rules, Status, check};
use clrscope::memory::{Issue, IssueKind, Issues};
use clrscope_report::verbs::check::{Check as Answer, Places};

use crate::context::{Context, TOOL};
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};
use crate::verbs::diff::{Profiled, of_dump};

/// The rules, and what else to write.
#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The rules, in TOML
    #[arg(long, value_name = "FILE")]
    rules: PathBuf,

    /// The dump that rules on growth compare with
    #[arg(long, value_name = "DUMP")]
    baseline: Option<PathBuf>,

    /// Also write JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,

    /// Also write SARIF 2.1.0
    #[arg(long, value_name = "FILE")]
    sarif: Option<PathBuf>,
}

impl Action for Check {
    const NAME: &'static str = "check";
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "Whether the dump keeps to the rules of a file: for CI";
    const EXAMPLES: &'static str = "
        clrscope check app.dmp --rules rules.toml
        clrscope check app.dmp --rules rules.toml --junit check.xml --sarif check.sarif
        clrscope check after.dmp --rules rules.toml --baseline before.dmp
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let text = fs::read_to_string(&self.rules).map_err(|error| {
            Failure::Usage(format!("{} cannot be read: {error}", self.rules.display()))
        })?;
        let rules = Rules::parse(&text).map_err(|error| self.fault(&error))?;
        // Without a runtime there is nothing to check, and this says what there is instead.
        context.runtime()?;
        let (baseline, mut issues) = self.baseline(&rules, context)?;
        let facts = context.facts()?;
        let checked = check(&rules, &facts, baseline.as_ref(), &context.control())
            .map_err(|error| self.fault(&error))?;
        issues.append(facts.issues());
        let answer = Answer::new(&checked);
        self.write_files(&answer, &checked, context)?;
        let outcome = context.answer(&answer, &decisive(&checked, issues))?;
        Ok(match checked.status() {
            Status::Failed => Outcome::Negative,
            Status::Inconclusive => Outcome::Partial,
            Status::Passed => outcome,
        })
    }
}

impl Check {
    /// Says where a rule file is wrong.
    fn fault(&self, error: &RuleError) -> Failure {
        let place = error.line.map_or_else(String::new, |line| format!(":{line}"));
        Failure::Usage(format!("{}{place}: {}", self.rules.display(), error.message))
    }

    /// The profile of the baseline, if there is one that a rule needs.
    fn baseline(
        &self,
        rules: &Rules,
        context: &Context<'_>,
    ) -> Result<(Option<Profile>, Issues), Failure> {
        let mut issues = Issues::new();
        let Some(path) = self.baseline.as_ref().filter(|_| rules.need_baseline()) else {
            return Ok((None, issues));
        };
        let profiled = context.with_other(path, Profiled::of)?;
        let marked = of_dump(&profiled.issues, 1);
        issues.extend(marked.map(|issue| Issue {
            message: issue.message.replacen("dump 1", "the baseline", 1),
            ..issue
        }));
        Ok((Some(profiled.profile), issues))
    }

    /// Writes the other forms of the answer.
    fn write_files(
        &self,
        answer: &Answer,
        checked: &Checked,
        context: &Context<'_>,
    ) -> Result<(), Failure> {
        let dump = context.dump_identity().path;
        if let Some(path) = &self.junit {
            write(path, |out| answer.write_junit(&dump, out))?;
        }
        if let Some(path) = &self.sarif {
            let rules = self.rules.display().to_string();
            let places = Places { dump: &dump, rules: &rules };
            let code = match checked.status() {
                Status::Passed => 0,
                Status::Failed => 1,
                Status::Inconclusive => 4,
            };
            write(path, |out| answer.write_sarif(&TOOL, places, code, out))?;
        }
        Ok(())
    }
}

/// What decides whether the answer is complete: it is, if every rule came out one way or the other,
/// whatever else the dump lacks.
fn decisive(checked: &Checked, issues: Issues) -> Issues {
    let open = checked.count(Status::Inconclusive);
    if open == 0 {
        let mut kept = Issues::new();
        kept.extend(issues.iter().filter(|issue| !issue.kind.makes_partial()).cloned());
        return kept;
    }
    let mut all = Issues::new();
    let message = format!("{open} of {} rules cannot be answered", checked.outcomes.len());
    all.push(Issue::general(IssueKind::MissingStructure, message));
    all.append(issues);
    all
}

/// Writes a file as a whole.
fn write(
    path: &Path,
    body: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>,
) -> Result<(), Failure> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        body(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Failure::Unwritable(path.to_owned(), error))
}
