//! `check` as CI meets it: the README's example on real dumps, with each exit code, and every sort of rule.

use std::fs;
use std::path::{Path, PathBuf};

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{Run, run_in};

fn of_workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// A folder with a rule file.
struct Job {
    folder: tempfile::TempDir,
}

impl Job {
    fn new(rules: &str) -> Job {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("rules.toml"), rules).expect("it is written");
        Job { folder }
    }

    /// The job of the README.
    fn of_readme() -> Job {
        Job::new(&fs::read_to_string(of_workspace("examples/ci.toml")).expect("it is there"))
    }

    fn run(&self, dump: &Path, options: &[&str]) -> Run {
        let dump = dump.to_str().expect("a path");
        let mut words = vec!["check", dump, "--rules", "rules.toml"];
        words.extend(options);
        run_in(self.folder.path(), &words)
    }

    /// Checks a dump of testdata.
    fn check(&self, dump: &str, options: &[&str]) -> Run {
        self.run(corpus::dump(dump).expect("it is in testdata").path(), options)
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

/// `id status` of each rule.
fn statuses(answer: &Value) -> Vec<String> {
    let rules = answer["data"]["rules"].as_array().expect("rules");
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    rules.iter().map(|rule| format!("{}: {}", word(&rule["id"]), word(&rule["status"]))).collect()
}

fn rule<'a>(answer: &'a Value, id: &str) -> &'a Value {
    let rules = answer["data"]["rules"].as_array().expect("rules");
    rules.iter().find(|rule| rule["id"] == id).expect("a rule")
}

#[test]
fn the_readme_shows_the_rules_that_these_tests_check() {
    let readme = fs::read_to_string(of_workspace("README.md")).expect("it is there");
    let rules = fs::read_to_string(of_workspace("examples/ci.toml")).expect("it is there");
    assert!(readme.contains(&format!("```toml\n{rules}```")));
    assert!(readme.contains("clrscope check app.dmp --rules examples/ci.toml --junit check.xml"));
    let run = Job::of_readme().check("net6-x64-case004", &[]);
    let shown = readme.split("```text\n").nth(1).and_then(|rest| rest.split("```").next());
    assert!(run.stdout.starts_with(shown.expect("an answer")), "{}", run.stdout);
}

#[test]
fn exit_code_0_all_rules_passed() {
    let job = Job::of_readme();
    let run = job.check("net9-x64-case003", &["--junit", "check.xml"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let xml = job.file("check.xml");
    assert!(xml.contains(r#"tests="7" failures="0" errors="0""#), "{xml}");
}

#[test]
fn exit_code_1_a_rule_failed() {
    let job = Job::of_readme();
    let run = job.check("net6-x64-case004", &["--junit", "check.xml", "--sarif", "check.sarif"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    insta::assert_snapshot!(run.redacted());
    let xml = job.file("check.xml");
    assert!(xml.contains(r#"tests="7" failures="4" errors="0""#), "{xml}");
    assert!(xml.contains("2,300, wanted at most 100"), "{xml}");
    let sarif: Value = serde_json::from_str(&job.file("check.sarif")).expect("it is JSON");
    let run = &sarif["runs"][0];
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    let failed = run["results"].as_array().expect("results").iter();
    assert_eq!(failed.filter(|result| result["kind"] == "fail").count(), 4);
    assert_eq!(run["artifacts"][1]["location"]["uri"], "rules.toml");
}

#[test]
fn exit_code_2_the_rules_make_no_sense() {
    let misspelled = "[[rule]]\nname = \"few\"\ntype = \"A\"\nmax_cuont = 1\n";
    let run = Job::new(misspelled).check("net9-x64-case003", &["--junit", "check.xml"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("rules.toml:4: unknown field `max_cuont`"), "{}", run.stderr);
    let no_query = "[[rule]]\nname = \"none\"\nquery = \"SELECT missing FROM objects\"\n";
    let run = Job::new(no_query).check("net9-x64-case003", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.contains("rules.toml:1: the query of \"none\": no such column"),
        "{}",
        run.stderr
    );
    let absent = run_in(Path::new("."), &["check", "a.dmp", "--rules", "no-such-rules.toml"]);
    assert_eq!(absent.code, 3, "the dump is opened first");
}

#[test]
fn exit_code_3_there_is_no_dump() {
    let job = Job::of_readme();
    let run = job.run(Path::new("no-such.dmp"), &["--junit", "check.xml"]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert_eq!(job.run(Path::new("rules.toml"), &[]).code, 3, "a text is no dump");
    assert_eq!(job.file("check.xml"), "", "there is nothing to report");
}

/// A dump that a full disk cut short: nothing in it breaks a rule, and nobody knows of the rest.
#[test]
fn exit_code_4_a_truncated_dump_is_inconclusive() {
    let job = Job::of_readme();
    let whole = corpus::dump("net9-x64-case003").expect("it is in testdata").bytes();
    let cut = job.folder.path().join("cut.dmp");
    for part in [9, 7, 5] {
        fs::write(&cut, &whole[..whole.len() / 10 * part]).expect("it is written");
        let run = job.run(&cut, &["--junit", "check.xml", "--format", "json"]);
        assert_eq!(run.code, 4, "{part}: {}", run.stdout);
        let answer = run.json();
        assert_eq!(
            (&answer["complete"], &answer["data"]["status"]),
            (&false.into(), &"inconclusive".into())
        );
        assert!(!statuses(&answer).iter().any(|status| status.ends_with("failed")), "{answer}");
        let sound = rule(&answer, "the heap is sound");
        assert_eq!(sound["status"], "inconclusive", "{part}: {sound}");
        assert_ne!(sound["detail"], "", "it says why");
        let xml = job.file("check.xml");
        assert!(xml.contains(r#"failures="0""#) && xml.contains("<error "), "{xml}");
    }
}

/// What is known is enough for some rules to fail, whatever is missing.
#[test]
fn a_truncated_dump_can_still_break_a_rule() {
    let job =
        Job::new("[[rule]]\nname = \"few strings\"\ntype = \"System.String\"\nmax_count = 5\n");
    let whole = corpus::dump("net9-x64-case003").expect("it is in testdata").bytes();
    let cut = job.folder.path().join("cut.dmp");
    fs::write(&cut, &whole[..whole.len() / 10 * 9]).expect("it is written");
    assert_eq!(job.run(&cut, &[]).code, 1);
}

#[test]
fn a_time_limit_is_inconclusive() {
    let run = Job::of_readme().check("net9-x64-case003", &["--timeout", "1ns", "--format", "json"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(!statuses(&run.json()).iter().any(|status| status.ends_with("sound: passed")));
}

#[test]
fn rules_on_the_process_around_the_heap() {
    let rules = r#"
        [[rule]]
        name = "private memory"
        memory = "private"
        max_bytes = "300MB"
        [[rule]]
        name = "native memory"
        memory = "native"
        max_bytes = "300MB"
        [[rule]]
        name = "managed memory"
        memory = "managed"
        max_bytes = "1GB"
        [[rule]]
        name = "threads"
        threads = "*"
        max_count = 1
        [[rule]]
        name = "all threads"
        threads = "*"
        max_count = 100
        [[rule]]
        name = "events"
        handles = "Event"
        max_count = 100000
    "#;
    let run = Job::new(rules).check("net10-x64-svr-case002", &["--format", "json"]);
    let answer = run.json();
    let expected = [
        "private memory: failed",
        "native memory: failed",
        "managed memory: passed",
        "threads: failed",
        "all threads: passed",
        "events: passed",
    ];
    assert_eq!((run.code, statuses(&answer)), (1, expected.map(str::to_owned).to_vec()));
    // Three hundred blocks of a mebibyte that no runtime knows of.
    assert!(rule(&answer, "native memory")["measured"].as_u64() >= Some(300 << 20));
}

#[test]
fn rules_on_what_holds_what() {
    let rules = r#"
        [[rule]]
        name = "the cache is small"
        static = "Cases.ModelService.*"
        max_retained_bytes = "1MB"
        [[rule]]
        name = "models are small"
        type = "Cases.Model"
        max_retained_bytes = "1KB"
        [[rule]]
        name = "models are gone"
        message = "evict them"
        type = "Cases.Model"
        alive = false
        [[rule]]
        name = "no model in a static"
        no_path = { from = "static *_cachedModels", to = "Cases.Model" }
        [[rule]]
        name = "no model on a stack"
        no_path = { from = "stack", to = "Cases.Model" }
        max_count = 1000000
        [[rule]]
        name = "no model in a string"
        no_path = { from = "type System.String", to = "Cases.Model" }
        [[rule]]
        name = "nothing is huge"
        query = "SELECT address, type, bytes FROM objects WHERE bytes > 100000000"
        [[rule]]
        name = "no model at all"
        severity = "warning"
        query = "SELECT address, type FROM objects WHERE type = 'Cases.Model'"
        [[rule]]
        name = "there are models"
        type = "Cases.Model"
        min_count = 1
        [[rule]]
        name = "there are many"
        type = "Cases.Model"
        min_count = 1000000
    "#;
    let run = Job::new(rules).check("net9-x64-case003", &["--format", "json"]);
    let answer = run.json();
    let expected = [
        "the cache is small: failed",
        "models are small: failed",
        "models are gone: failed",
        "no model in a static: failed",
        "no model on a stack: passed",
        "no model in a string: passed",
        "nothing is huge: passed",
        "no model at all: failed",
        "there are models: passed",
        "there are many: failed",
    ];
    assert_eq!((run.code, statuses(&answer)), (1, expected.map(str::to_owned).to_vec()));
    let gone = rule(&answer, "models are gone");
    let detail = gone["detail"].as_str().expect("a text");
    assert!(detail.contains("is kept by static Cases.ModelService._cachedModels -> "), "{detail}");
    let truth =
        corpus::dump("net9-x64-case003").and_then(|dump| dump.truth()).expect("it is there");
    assert_eq!(gone["measured"], rule(&answer, "no model at all")["measured"], "{truth}");
}

#[test]
fn warnings_and_notes_that_fail_do_not_make_the_check_fail() {
    let rules = "[[rule]]\nname = \"w\"\nseverity = \"warning\"\ntype = \"*\"\nmax_count = 0\n\
                 [[rule]]\nname = \"n\"\nseverity = \"note\"\ntype = \"*\"\nmax_bytes = 0\n";
    let run = Job::new(rules).check("net8-x64-case005", &[]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(
        run.stdout.starts_with("Passed: 0 passed, 2 failed, 0 inconclusive\n"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("failed (warning): w: "), "{}", run.stdout);
}

#[test]
fn rules_on_growth_need_a_baseline() {
    let rules = r#"
        [[rule]]
        name = "sessions"
        growth = { of = "types", name = "Zoo.*" }
        max_count = 5
        [[rule]]
        name = "fields"
        growth = { of = "statics", name = "Zoo.*" }
        max_bytes = "1KB"
        [[rule]]
        name = "dynamic"
        growth = { of = "dynamic" }
        max_count = 0
        [[rule]]
        name = "events"
        growth = { of = "handle_owners", name = "*Zoo.*" }
        max_count = 0
        [[rule]]
        name = "handles"
        growth = { of = "handles", name = "Event" }
        max_count = 100
    "#;
    let job = Job::new(rules);
    let alone = job.check("net10-x64-wks-all", &["--format", "json"]);
    assert_eq!(alone.code, 4);
    assert!(statuses(&alone.json()).iter().all(|status| status.ends_with("inconclusive")));

    let same = corpus::dump("net10-x64-wks-all").expect("it is in testdata");
    let same = same.path().to_str().expect("a path");
    let run = job.check("net10-x64-wks-all", &["--baseline", same]);
    assert_eq!(run.code, 0, "{}", run.stdout);

    let series = ["net9-x64-series-1", "net9-x64-series-3"].map(corpus::dump);
    let [Some(before), Some(after)] = series else { return };
    let before = before.path().to_str().expect("a path").to_owned();
    let run = job.run(after.path(), &["--baseline", &before, "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let answer = run.json();
    // The list of handles is complete in both.
    let handles = rule(&answer, "handles");
    assert_eq!(handles["status"], "failed", "{handles}");
    // What is said of those that nobody can answer is right all the same.
    for (id, what) in [("dynamic", "Report.Generated."), ("events", "Event of Zoo.LeakedSession")] {
        let rule = rule(&answer, id);
        assert!(rule["detail"].as_str().is_some_and(|detail| detail.contains(what)), "{rule}");
    }
    // A baseline that is torn may have had more: what seems to have grown need not have.
    assert_eq!(rule(&answer, "sessions")["status"], "inconclusive");
}
