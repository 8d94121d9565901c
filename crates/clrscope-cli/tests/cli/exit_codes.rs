//! What the process ends with: a promise to scripts.

use std::io::Read;
use std::process::{Command, Stdio};

use clrscope_testkit::corpus;

use crate::harness::{run, run_in};

#[test]
fn an_answer_is_0_and_writes_nothing_to_standard_error() {
    let run = run("net8-x64-case005", "dumpheap DUMP -stat");
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
}

#[test]
fn what_is_not_there_is_1() {
    let run = run("net8-x64-case005", "dumpheap DUMP -heap 7");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert_eq!(crate::harness::run("net8-x64-case005", "eeheap DUMP --runtime 3").code, 1);
}

#[test]
fn wrong_usage_is_2_and_a_misspelled_verb_is_suggested() {
    let folder = std::env::temp_dir();
    for line in [
        &["dumpheep", "a.dmp"][..],
        &["dumpheap"],
        &[],
        &["dumpheap", "a.dmp", "-nonsense"],
        &["dumpheap", "a.dmp", "-mt", "xyz"],
        &["dumpheap", "a.dmp", "-gen", "9"],
    ] {
        let run = run_in(&folder, line);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{line:?}");
    }
    assert!(run_in(&folder, &["dumpheep", "a.dmp"]).stderr.contains("'dumpheap'"));
}

#[test]
fn a_dump_without_the_heap_is_3_and_says_so_in_one_line() {
    for line in ["dumpheap DUMP -stat", "eeheap DUMP", "verifyheap DUMP"] {
        let run = run("net8-x64-mini", line);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{line}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains("no heap memory"), "{}", run.stderr);
    }
}

#[test]
fn a_dump_without_images_is_4_and_names_the_remedy() {
    let text = run("net8-x64-private", "dumpheap DUMP -stat");
    assert_eq!(text.code, 4);
    assert!(text.stdout.contains("Partial: "), "{}", text.stdout);
    assert!(text.stdout.contains("--modules DIR"), "{}", text.stdout);
    let json = run("net8-x64-private", "dumpheap DUMP -stat --format json");
    assert_eq!((json.code, &json.json()["complete"]), (4, &false.into()));
    assert!(json.json()["data"]["objects"].as_u64() > Some(90_000));
}

#[test]
fn a_time_limit_that_passes_is_4() {
    let run = run("net10-x64-wks-all", "dumpheap DUMP -stat --timeout 1ns");
    assert_eq!((run.code, run.stdout.as_str()), (4, ""));
    assert!(run.stderr.contains("the time limit passed"), "{}", run.stderr);
}

#[test]
fn an_answer_goes_to_a_file_but_never_over_the_dump() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let dump = dump.path().to_str().expect("a path");
    let run = run_in(folder.path(), &["dumpheap", dump, "-stat", "-o", "out.txt"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    let text = std::fs::read_to_string(folder.path().join("out.txt")).expect("it is written");
    assert!(text.starts_with("Statistics:"), "{text}");
    assert_eq!(run_in(folder.path(), &["dumpheap", dump, "-o", dump]).code, 2);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let dump = corpus::dump("net10-x64-wks-all").expect("it is in testdata");
    let mut child = Command::new(env!("CARGO_BIN_EXE_clrscope"))
        .arg("dumpheap")
        .arg(dump.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut first = [0; 16];
    child.stdout.take().expect("a pipe").read_exact(&mut first).expect("it writes");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
