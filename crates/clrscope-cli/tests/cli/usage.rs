//! Mistakes of users: one line that names the remedy, and the right exit code. Never a panic.

use std::io::Read;
use std::process::{Command, Stdio};

use clrscope_testkit::corpus;

use crate::harness::{run, run_in};

#[test]
fn a_mistake_is_one_line_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("notes.txt"), "hello").expect("it is written");
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let dump = dump.path().to_str().expect("a path");
    for (line, code, said) in [
        ("dumpheep DUMP", 2, "did you mean 'dumpheap'?"),
        ("xyzzy DUMP", 2, "`clrscope help` lists all"),
        ("DUMP", 2, "say what to do with it, as in `clrscope diagnose"),
        ("dumpheap", 2, "<DUMP>; `clrscope dumpheap -h`"),
        ("dumpheap DUMP -stta", 2, "'-stat'"),
        ("dumpheap DUMP -mt xyz", 2, "hexadecimal digits"),
        ("gcroot DUMP", 2, "<ADDRESS>"),
        ("info DUMP --format xml", 2, "text, json, tsv, csv"),
        ("info DUMP --timeout soon", 2, "as in 90s or 5m"),
        ("info DUMP --runtime x", 2, "a number is decimal"),
        ("info DUMP -o no/such/folder.txt", 2, "no/such/folder.txt cannot be written"),
        ("info DUMP -o .", 2, ". cannot be written"),
        ("info DUMP -o DUMP", 2, "would overwrite the dump"),
        ("export DUMP --parquet notes.txt", 2, "notes.txt"),
        ("query DUMP SELEC", 2, "syntax error"),
        ("query DUMP .nothing", 2, ".tables"),
        ("info no.dmp", 3, "no such file"),
        ("info notes.txt", 3, "not a minidump"),
        ("info .", 3, "folder"),
        ("dumpobj DUMP 12345", 1, "no object begins there"),
        ("gcroot DUMP 12340", 1, "no object is at 0x12340"),
        ("gcroot DUMP -type case.acount", 1, "did you mean Cases.Account?"),
        ("dumpheap DUMP -type cases.account -stat", 0, "did you mean Cases.Account?"),
        ("dumpmt DUMP 1230", 1, "no method table"),
        ("eeheap DUMP --runtime 4", 1, "no runtime 4"),
    ] {
        let words: Vec<&str> =
            line.split(' ').map(|word| if word == "DUMP" { dump } else { word }).collect();
        let run = run_in(folder.path(), &words);
        assert_eq!(run.code, code, "{line}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{line}: {}", run.stderr);
        assert!(run.stderr.starts_with("clrscope: "), "{line}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{line}: {}", run.stderr);
        assert_eq!(run.stdout.is_empty(), code != 0, "{line}: {}", run.stdout);
    }
}

#[test]
fn a_pipe_can_be_closed_at_any_time() {
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let dump = dump.path().to_str().expect("a path");
    for line in [
        "--help",
        "completions bash",
        "info DUMP",
        "dumpheap DUMP --format json",
        "dumpheap DUMP --format csv",
        "strings DUMP --format tsv",
        "query DUMP --format csv --file FILE",
        "query DUMP --file FILE",
        "treemap DUMP",
        "shell DUMP -c dumpheap -c threads",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("FILE"), "SELECT * FROM objects").expect("it is written");
        let words = line.split(' ').map(|word| if word == "DUMP" { dump } else { word });
        let mut child = Command::new(env!("CARGO_BIN_EXE_clrscope"))
            .args(words)
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut first = [0];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("it writes");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), said.as_ref()), (Some(0), ""), "{line}");
    }
}

#[test]
fn colours_are_only_for_terminals_unless_they_are_asked_for() {
    let plain = run("net8-x64-case005", "query DUMP .tables");
    assert!(!plain.stdout.contains('\u{1b}'));
    let colour = run("net8-x64-private", "dumpheap DUMP -stat --color always");
    assert!(colour.stdout.contains('\u{1b}'), "{}", colour.stdout);
}

#[test]
fn help_is_no_mistake() {
    let folder = std::env::temp_dir();
    for line in ["help", "--help", "-h", "-?", "help dumpheap", "dumpheap -?", "!DumpHeap -help"] {
        let run = run_in(&folder, &line.split(' ').collect::<Vec<_>>());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{line}");
        assert!(run.stdout.contains("Usage: clrscope"), "{line}: {}", run.stdout);
    }
    let groups = run_in(&folder, &["help"]).stdout;
    let mut at = 0;
    for title in [
        "The dump as a whole",
        "The heap",
        "What keeps objects alive",
        "Threads",
        "Memory as it is",
    ] {
        let found = groups[at..].find(&format!("\n{title}"));
        at += found.unwrap_or_else(|| panic!("{title} in order: {groups}"));
    }
}
