//! Threads and stacks, on real dumps.

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{run, snapshots};

snapshots! {
    threads_text: "net8-x64-case005", "threads DUMP";
    threads_x86: "core21-x86-wks-all", "threads DUMP";
    threads_tsv: "net8-x64-case005", "clrthreads DUMP --format tsv";
    threads_by_handles: "net8-x64-private", "threads DUMP -live";
    threads_special: "net10-x64-wks-all", "threads DUMP -special";
    threads_unknown: "net8-x64-mini", "threads DUMP";
    clrstack_all: "net8-x64-case005", "clrstack DUMP -all";
    clrstack_references: "net8-x64-case005", "clrstack DUMP -osid 108 -a";
    clrstack_sos_names: "net8-x64-case005", "clrstack DUMP -osid 11c --names sos";
    clrstack_finalizer: "net6-x64-case004", "clrstack DUMP -managed 2";
    clrstack_x86: "core21-x86-wks-all", "clrstack DUMP -all";
    clrstack_tsv: "core21-x86-wks-all", "clrstack DUMP -managed 5 --format tsv";
    clrstack_mini: "net8-x64-mini", "clrstack DUMP";
    pstacks_text: "net8-x64-case005", "pstacks DUMP";
    pstacks_x86: "core21-x86-wks-all", "pstacks DUMP";
    dso_finalizer: "net6-x64-case004", "dso DUMP -managed 2";
    dso_range: "net10-x64-wks-all", "dso DUMP 244f7c0 244f680";
    dso_x86: "core21-x86-wks-all", "dso DUMP -managed 5";
    dlk_deadlock: "net8-x64-case005", "dlk DUMP";
    dlk_none: "net10-x64-wks-all", "deadlocks DUMP";
    dlk_tsv: "net8-x64-case005", "dlk DUMP --format tsv";
    dlk_unknown: "net8-x64-mini", "dlk DUMP";
    syncblk_busy: "net8-x64-case005", "syncblk DUMP";
    syncblk_all: "core21-x86-wks-all", "syncblk DUMP -all";
    syncblk_one: "net6-x64-case004", "syncblk DUMP 5 --format csv";
}

#[test]
fn a_sync_block_that_is_not_there_is_1() {
    let run = run("net8-x64-case005", "syncblk DUMP 77");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
}

#[test]
fn threads_have_times() {
    let answer = run("net8-x64-case005", "threads DUMP --format json").json();
    let taken = answer["dump"]["time"].as_str().expect("a time").to_owned();
    let threads = answer["data"]["threads"].as_array().expect("threads").clone();
    let number = |row: &Value, key: &str| row[key].as_u64().unwrap_or_else(|| panic!("{row}"));
    assert_eq!((number(&threads[0], "kernel_ms"), number(&threads[0], "user_ms")), (3_450, 170));
    // The dump has no times of one: it began while the dump was written.
    let dates: Vec<&str> = threads.iter().filter_map(|row| row["created"].as_str()).collect();
    assert_eq!((dates.len(), threads.len()), (9, 10));
    for created in dates {
        assert!(created[..10] == taken[..10] && *created < *taken, "{created} {taken}");
    }
    let times = run("net8-x64-case005", "threads DUMP --format csv").stdout;
    assert!(times.lines().next().is_some_and(|line| line.contains(",created,kernel_ms,user_ms,")));
}

/// The data of JSON answers: what the envelope says of the layout changes as more of it is known.
macro_rules! data_snapshots {
    ($($name:ident: $dump:literal, $line:literal;)*) => {
        $(#[test]
        fn $name() {
            let text = run($dump, $line).redacted();
            let (_, data) = text.split_once("\n  \"data\": ").expect("an envelope");
            insta::assert_snapshot!(data);
        })*
    };
}

data_snapshots! {
    threads_json: "net6-x64-case004", "threads DUMP --format json";
    clrstack_json: "net8-x64-case005", "clrstack DUMP -managed 4 -a --format json";
    dlk_json: "net8-x64-case005", "dlk DUMP --format json";
    syncblk_json: "net8-x64-case005", "syncblk DUMP -all --format json";
    pstacks_json: "net6-x64-case004", "pstacks DUMP --format json";
    dso_json: "net8-x64-case005", "dso DUMP -managed 6 --format json";
}

#[test]
fn deadlocked_threads_have_the_names_that_the_program_gave_them() {
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let truth = dump.truth().expect("it has a truth");
    let expected = truth["case005.deadlockedThreads"].as_str().expect("two names");
    let answer = run("net8-x64-case005", "threads DUMP --format json").json();
    let threads = answer["data"]["threads"].as_array().expect("threads");
    for name in expected.split('|') {
        assert!(threads.iter().any(|thread| thread["name"] == name), "{name}");
    }
}

#[test]
fn every_verb_with_threads_names_sync_over_async() {
    for line in ["threads DUMP", "clrstack DUMP -all", "pstacks DUMP"] {
        let text = run("net8-x64-case005", line).stdout;
        assert!(text.contains("Cases.Bank.Convert (sync over async)"), "{line}: {text}");
        let answer = run("net8-x64-case005", &format!("{line} --format json")).json();
        let threads = answer["data"]["threads"].as_array().expect("threads");
        let waits = |thread: &&Value| thread["waits_for"]["async_method"] == "Cases.Bank.Convert";
        assert_eq!(threads.iter().filter(waits).count(), 1, "{line}");
    }
}

#[test]
fn the_finalizer_stands_where_the_program_says() {
    let dump = corpus::dump("net6-x64-case004").expect("it is in testdata");
    let truth = dump.truth().expect("it has a truth");
    let expected = truth["case004.finalizerBlockedIn"].as_str().expect("a method");
    let answer = run("net6-x64-case004", "clrstack DUMP -all --format json").json();
    let threads = answer["data"]["threads"].as_array().expect("threads");
    let finalizer = threads.iter().find(|thread| thread["purpose"] == "finalizer").expect("one");
    let is_there =
        |frame: &Value| frame["method"].as_str().is_some_and(|method| method.starts_with(expected));
    assert!(finalizer["frames"].as_array().expect("frames").iter().any(is_there));
    let answer = run("net6-x64-case004", "finalizequeue DUMP -stat --format json").json();
    let thread = &answer["data"]["thread"];
    assert_eq!((&thread["verdict"], &thread["in"]), (&"blocked".into(), &expected.into()));
    let types = answer["data"]["ready_types"].as_array().expect("types");
    let connections = types.iter().find(|row| row["name"] == "Cases.Connection").expect("some");
    assert_eq!(connections["count"], truth["case004.readyConnections"]);
}

#[test]
fn a_thread_that_is_not_there_is_1() {
    for line in ["clrstack DUMP -osid 5", "clrstack DUMP -managed 77", "dso DUMP -osid 5"] {
        let run = run("net8-x64-case005", line);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{line}");
        assert!(run.stderr.contains("no such thread"), "{}", run.stderr);
    }
    assert_eq!(run("net8-x64-case005", "clrstack DUMP -all -osid 24").code, 2);
}

#[test]
fn stacks_that_cannot_be_walked_are_4_and_say_so() {
    for dump in ["net8-x64-mini", "net8-x64-private"] {
        for line in ["threads DUMP", "clrstack DUMP -all", "pstacks DUMP"] {
            let run = run(dump, line);
            assert_eq!(run.code, 4, "{dump}, {line}");
            assert!(run.stdout.contains("Partial: "), "{dump}, {line}: {}", run.stdout);
        }
    }
}
