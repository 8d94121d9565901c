//! `diagnose` on the re-enacted investigations, and its silence on what is normal.

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{Run, run, run_in, snapshots};

snapshots! {
    case000_dynamic_assemblies: "core31-x64-case000", "diagnose DUMP";
    case002_native_memory: "net10-x64-svr-case002", "diagnose DUMP";
    case003_static_cache: "net9-x64-case003", "diagnose DUMP";
    case004_blocked_finalizer: "net6-x64-case004", "diagnose DUMP";
    case005_deadlock: "net8-x64-case005", "diagnose DUMP";
    a_dump_without_heap: "net8-x64-mini", "diagnose DUMP";
}

/// Runs `diagnose` on a dump of the wider corpus, if it is there.
fn of_corpus(name: &str) -> Option<Run> {
    let dump = corpus::dump(name)?;
    let folder = dump.path().parent()?;
    let file = dump.path().file_name()?.to_str()?;
    Some(run_in(folder, &["diagnose", file, "--format", "json"]))
}

fn findings(answer: &Value) -> &[Value] {
    answer["data"]["findings"].as_array().expect("findings")
}

#[test]
fn case001_is_a_static_dictionary() {
    let Some(run) = of_corpus("net8-x64-case001") else { return };
    let answer = run.json();
    let first = &findings(&answer)[0];
    assert_eq!(first["id"], "one-owner");
    assert_eq!(first["owner"], "Cases.ProductCatalogue.bySku");
    let evidence = first["evidence"].to_string();
    assert!(evidence.contains("68,278,466 bytes"), "{evidence}");
    assert!(evidence.contains("1,050,000 System.String"), "{evidence}");
    assert_eq!(run.code, 0);
}

/// The `all` program builds in a blocked finalizer and dynamic assemblies; nothing else of it is wrong.
#[test]
fn nothing_is_called_an_error_that_is_none() {
    let mut seen = 0;
    for dump in corpus::dumps().into_iter().filter(|dump| dump.name().ends_with("-all")) {
        let folder = dump.path().parent().expect("a folder");
        let file = dump.path().file_name().and_then(|name| name.to_str()).expect("a name");
        let answer = run_in(folder, &["diagnose", file, "--format", "json"]).json();
        let of = |severity: &str| -> Vec<String> {
            let all = findings(&answer).iter().filter(|finding| finding["severity"] == severity);
            all.map(|finding| format!("{} {}", finding["id"], finding["owner"])).collect()
        };
        let blocked = "\"finalizer-blocked\" \"Zoo.Blocker.Finalize\"".to_owned();
        assert_eq!(of("error"), [blocked], "{}", dump.name());
        let handlers = "\"dynamic-assemblies\" \"ErrorHandler.Generated.*\"".to_owned();
        assert_eq!(of("warning"), [handlers], "{}", dump.name());
        seen += 1;
    }
    assert!(seen >= 2, "those of testdata are always there");
}

#[test]
fn every_next_command_is_one_that_runs() {
    for name in ["core31-x64-case000", "net6-x64-case004", "net9-x64-case003"] {
        let answer = run(name, "diagnose DUMP --format json").json();
        for finding in findings(&answer) {
            let line = finding["next"].as_str().expect("a command line");
            let line = line.strip_prefix("clrscope ").expect("a command of this program");
            let dump = corpus::dump(name).expect("it is in testdata");
            let folder = dump.path().parent().expect("a folder");
            let words: Vec<&str> = line.split(' ').collect();
            let run = run_in(folder, &words);
            assert!(matches!(run.code, 0 | 4), "{line}: {}", run.stderr);
            assert!(!run.stdout.is_empty(), "{line}");
        }
    }
}

#[test]
fn a_time_limit_names_the_rules_that_were_not_asked() {
    let run = run("net9-x64-case003", "diagnose DUMP --timeout 1ns --format json");
    assert_eq!(run.code, 4);
    let answer = run.json();
    assert_eq!(answer["complete"], false);
    let skipped = answer["data"]["skipped"].as_array().expect("a list");
    assert!(skipped.iter().any(|rule| rule["id"] == "one-owner"));
    assert!(skipped.iter().all(|rule| !rule["reason"].to_string().is_empty()));
}
