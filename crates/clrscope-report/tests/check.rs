//! The forms of `check` for other programs, held against their schemas.

use std::collections::BTreeMap;

use clrscope_check::{Bound, Checked, Level, Outcome, Status};
use clrscope_report::Tool;
use clrscope_report::verbs::check::{Check, Places};
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

const TOOL: Tool = Tool { name: "clrscope", version: "1.2.3" };

/// A rule with each status at each level, with text that is not plain.
fn check() -> Check {
    let mut outcomes = Vec::new();
    for status in [Status::Passed, Status::Inconclusive, Status::Failed] {
        for level in [Level::Note, Level::Warning, Level::Error] {
            outcomes.push(Outcome {
                name: format!("{} <{}> & \u{1}\u{7f}\"more\"", status.name(), level.name()),
                line: Some(3 + outcomes.len()),
                level,
                status,
                measured: (status != Status::Inconclusive).then_some(12_345),
                bound: Bound::MaxBytes,
                limit: 1000,
                message: Some("close them ]]> \u{fffe}".to_owned()),
                detail: vec!["0x10 is kept by static A.b -> C".to_owned(), "and 3 more".to_owned()],
            });
        }
    }
    Check::new(&Checked { outcomes })
}

fn sarif() -> Value {
    let mut out = Vec::new();
    let places = Places { dump: "dumps/app 1.dmp", rules: "rules.toml" };
    check().write_sarif(&TOOL, places, 1, &mut out).expect("it is written");
    serde_json::from_slice(&out).expect("it is JSON")
}

#[test]
fn sarif_is_valid() {
    let schema = include_str!("data/sarif-schema-2.1.0.json");
    let schema: Value = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let errors: Vec<String> =
        validator.iter_errors(&sarif()).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0]);
    // The schema does tell what is no SARIF.
    let mut broken = sarif();
    broken["runs"][0]["results"][0]["kind"] = "perhaps".into();
    assert!(!validator.is_valid(&broken));
}

#[test]
fn sarif_says_what_came_of_each_rule_and_where_it_stands() {
    let log = sarif();
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results");
    let kinds: Vec<String> =
        results.iter().map(|result| format!("{} {}", result["kind"], result["level"])).collect();
    let expected = [
        r#""pass" "none""#,
        r#""pass" "none""#,
        r#""pass" "none""#,
        r#""open" "none""#,
        r#""open" "none""#,
        r#""open" "none""#,
        r#""fail" "note""#,
        r#""fail" "warning""#,
        r#""fail" "error""#,
    ];
    assert_eq!(kinds, expected);
    let last = &results[8];
    assert_eq!(last["locations"][0]["physicalLocation"]["region"]["startLine"], 11);
    assert_eq!(last["analysisTarget"]["uri"], "dumps/app%201.dmp");
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    let text = last["message"]["text"].as_str().expect("a text");
    assert!(text.contains("12,345 bytes, wanted at most 1,000 bytes\nclose them"), "{text}");
    assert!(text.contains("0x10 is kept by static A.b -> C"), "{text}");
    // The index of a rule is that of its descriptor.
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
}

/// What may stand in which element, and which attributes: from the schema of the xUnit plugin of Jenkins
/// (`jenkins-junit.xsd`), as far as it is used. An attribute with `!` must be there.
const JUNIT: &[(&str, &[&str], &[&str])] = &[
    ("", &["testsuites"], &[]),
    ("testsuites", &["testsuite"], &["name", "time", "tests", "failures", "errors", "disabled"]),
    (
        "testsuite",
        &["properties", "testcase", "system-out", "system-err"],
        &[
            "name!",
            "tests!",
            "failures",
            "errors",
            "time",
            "disabled",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
        ],
    ),
    (
        "testcase",
        &["skipped", "error", "failure", "system-out", "system-err"],
        &["name!", "assertions", "time", "classname", "status"],
    ),
    ("failure", &[], &["type", "message"]),
    ("error", &[], &["type", "message"]),
    ("system-out", &[], &[]),
];

/// Checks an element against the table.
fn conforms(parent: &str, element: &BytesStart<'_>) -> BTreeMap<String, String> {
    let name = String::from_utf8(element.name().as_ref().to_vec()).expect("a name");
    let rule = |name: &str| JUNIT.iter().find(|rule| rule.0 == name).expect("a known element");
    assert!(rule(parent).1.contains(&name.as_str()), "{name} in {parent}");
    let mut found = BTreeMap::new();
    for attribute in element.attributes() {
        let attribute = attribute.expect("an attribute");
        let key = String::from_utf8(attribute.key.as_ref().to_vec()).expect("a name");
        let known = rule(&name).2.iter().any(|allowed| allowed.trim_end_matches('!') == key);
        assert!(known, "{key} of {name}");
        let value = String::from_utf8(attribute.value.to_vec()).expect("text");
        found.insert(key, value);
    }
    for required in rule(&name).2.iter().filter_map(|allowed| allowed.strip_suffix('!')) {
        assert!(found.contains_key(required), "{required} of {name}");
    }
    found
}

#[test]
fn junit_has_the_structure_that_its_readers_expect() {
    let mut out = Vec::new();
    check().write_junit("dumps/app 1.dmp", &mut out).expect("it is written");
    let xml = String::from_utf8(out).expect("it is text");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut open: Vec<String> = vec![String::new()];
    let mut cases: Vec<Vec<String>> = Vec::new();
    let mut counts = BTreeMap::new();
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}"));
        let (element, is_empty) = match &event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                open.pop();
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let parent = open.last().expect("it is open").clone();
        let attributes = conforms(&parent, element);
        let name = String::from_utf8_lossy(element.name().as_ref()).into_owned();
        match name.as_str() {
            "testsuite" => counts = attributes,
            "testcase" => cases.push(Vec::new()),
            _ if parent == "testcase" => cases.last_mut().expect("a case").push(name.clone()),
            _ => {}
        }
        if !is_empty {
            open.push(name);
        }
    }
    assert_eq!(open.len(), 1, "every element is closed");
    assert_eq!(counts["name"], "dumps/app 1.dmp");
    assert_eq!((&*counts["tests"], &*counts["failures"], &*counts["errors"]), ("9", "1", "3"));
    let statuses: Vec<String> = cases.iter().map(|case| case.join(" ")).collect();
    let expected = ["", "", "", "error", "error", "error", "system-out", "system-out", "failure"];
    assert_eq!(statuses, expected);
    // What XML cannot hold is gone, and what it must not is escaped.
    assert!(!xml.contains('\u{1}') && xml.contains("&lt;error&gt; &amp; "), "{xml}");
}
