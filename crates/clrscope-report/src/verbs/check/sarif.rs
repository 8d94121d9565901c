//! The outcome of rules as SARIF 2.1.0 (OASIS Standard, 27 March 2020).

use std::io;

use clrscope_check::Status;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{Check, RuleEntry};
use crate::envelope::Tool;

/// The files that an answer is about, as paths.
#[derive(Debug, Clone, Copy)]
pub struct Places<'a> {
    /// The dump.
    pub dump: &'a str,
    /// The rule file: where results are shown.
    pub rules: &'a str,
}

impl Check {
    /// Writes a SARIF log with a result for each rule, located at the rule in its file, with the dump as
    /// the target of the analysis. `exit_code` is that of the program. A rule that nobody can answer is a
    /// result of kind `open`, and never `pass`.
    ///
    /// # Errors
    /// If `out` cannot be written to.
    pub fn write_sarif(
        &self,
        tool: &Tool,
        places: Places<'_>,
        exit_code: u8,
        out: impl io::Write,
    ) -> io::Result<()> {
        let (dump, file) = (uri(places.dump), uri(places.rules));
        let results = (0..).zip(&self.rules).map(|(index, rule)| result(index, rule, &dump, &file));
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": tool.name,
                    "version": tool.version,
                    "semanticVersion": tool.version,
                    "rules": self.rules.iter().map(descriptor).collect::<Vec<_>>(),
                } },
                "invocations": [{ "executionSuccessful": true, "exitCode": exit_code }],
                "artifacts": [{ "location": { "uri": dump } }, { "location": { "uri": file } }],
                "results": results.collect::<Vec<_>>(),
                "columnKind": "unicodeCodePoints",
            }],
        });
        serde_json::to_writer_pretty(out, &log).map_err(io::Error::from)
    }
}

fn descriptor(rule: &RuleEntry) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.id },
        "defaultConfiguration": { "level": rule.severity },
    })
}

fn result(index: usize, rule: &RuleEntry, dump: &str, file: &str) -> Value {
    let (kind, level) = if rule.is(Status::Failed) {
        ("fail", rule.severity)
    } else if rule.is(Status::Inconclusive) {
        ("open", "none")
    } else {
        ("pass", "none")
    };
    let mut place = json!({ "artifactLocation": { "uri": file, "index": 1 } });
    if let Some(line) = rule.line {
        place["region"] = json!({ "startLine": line });
    }
    json!({
        "ruleId": rule.id,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": { "text": format!("{}: {}", rule.id, rule.explanation()) },
        "analysisTarget": { "uri": dump, "index": 0 },
        "locations": [{ "physicalLocation": place }],
        "properties": { "measured": rule.measured, "bound": rule.bound, "limit": rule.limit },
    })
}

/// What a path of a URI cannot hold as it is (RFC 3986).
const OUTSIDE: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A path as a reference: one that is relative stays so.
fn uri(path: &str) -> String {
    let is_drive = matches!(
        path.as_bytes(),
        [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic()
    );
    let path = if is_drive { format!("/{}", path.replace('\\', "/")) } else { path.to_owned() };
    let root = if path.starts_with('/') { "file://" } else { "" };
    // A colon in the first part of a relative reference would end a scheme.
    let place = if root.is_empty() && path.split('/').next().is_some_and(|it| it.contains(':')) {
        "./"
    } else {
        ""
    };
    format!("{root}{place}{}", utf8_percent_encode(&path, OUTSIDE))
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("dumps/app 1.dmp"), "dumps/app%201.dmp");
        assert_eq!(uri("/var/dumps/ä#.dmp"), "file:///var/dumps/%C3%A4%23.dmp");
        assert_eq!(uri("C:\\dumps\\app.dmp"), "file:///C:/dumps/app.dmp");
        assert_eq!(uri("a:b/app.dmp"), "./a:b/app.dmp");
        assert_eq!(uri("12:00.dmp"), "./12:00.dmp");
    }
}
