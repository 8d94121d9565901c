//! The outcome of rules as JUnit XML, in the form that Jenkins defined and others read.

use std::io;

use clrscope_check::{Level, Status};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Check, RuleEntry};

impl Check {
    /// Writes JUnit XML: a suite named after the dump, and a case for each rule. A rule that nobody can
    /// answer is an error, and never a success; one that fails but is only a warning or a note is a
    /// success that says so in its output, as it does not make the check fail.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_junit(&self, dump: &str, out: impl io::Write) -> io::Result<()> {
        let mut suite = TestSuite::new(dump);
        suite.add_test_cases(self.rules.iter().map(case));
        let mut report = Report::new("clrscope check");
        report.add_test_suite(suite);
        report.serialize(out).map_err(io::Error::other)
    }
}

fn case(rule: &RuleEntry) -> TestCase {
    let is_decisive = rule.severity == Level::Error.name();
    let kind = if rule.is(Status::Inconclusive) {
        Some(NonSuccessKind::Error)
    } else {
        (rule.is(Status::Failed) && is_decisive).then_some(NonSuccessKind::Failure)
    };
    let status = match kind {
        Some(kind) => {
            let mut status = TestCaseStatus::non_success(kind);
            let message = rule.message.as_deref().unwrap_or(&rule.figures);
            status.set_message(message).set_type(rule.status).set_description(rule.explanation());
            status
        }
        None => TestCaseStatus::success(),
    };
    let said = kind.is_none() && rule.is(Status::Failed);
    let mut case = TestCase::new(rule.id.as_str(), status);
    case.set_classname("clrscope.check");
    if said {
        case.set_system_out(format!("{}: {}", rule.severity, rule.explanation()));
    }
    case
}
