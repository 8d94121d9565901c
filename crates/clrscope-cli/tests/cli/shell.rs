//! The shell: the verbs on a dump that stays open, and what installs beside the program.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use clrscope_testkit::corpus;

use crate::harness::{Run, run, run_in};

fn dump() -> String {
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    dump.path().to_str().expect("a path").to_owned()
}

/// Runs commands in a shell in `folder`.
fn shell(folder: &Path, options: &[&str], commands: &[&str]) -> Run {
    let dump = dump();
    let mut line = vec!["shell", dump.as_str()];
    line.extend(options);
    line.extend(commands.iter().flat_map(|command| ["-c", command]));
    run_in(folder, &line)
}

/// Runs a shell that reads its commands.
fn script(text: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clrscope"))
        .args(["shell", &dump()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    Run {
        code: output.status.code().expect("it ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

#[test]
fn a_command_answers_as_its_verb_does() {
    let folder = tempfile::tempdir().expect("a folder");
    for line in [
        "dumpheap -stat",
        "!DumpHeap -Type Cases.Account",
        "threads --format json",
        "retained --top 3",
    ] {
        let (verb, options) = line.split_once(' ').expect("a verb");
        let expected = run("net8-x64-case005", &format!("{verb} DUMP {options}"));
        let shell = shell(folder.path(), &[], &[line]);
        assert_eq!(shell.code, 0, "{}", shell.stderr);
        let without_path =
            |text: &str| text.lines().filter(|line| !line.contains("\"path\"")).collect::<String>();
        assert_eq!(without_path(&shell.stdout), without_path(&expected.stdout));
    }
}

#[test]
fn options_of_the_shell_hold_for_its_commands_until_they_say_otherwise() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = shell(folder.path(), &["--format", "csv"], &["threads", "threads --format tsv"]);
    let csv = run("net8-x64-case005", "threads DUMP --format csv").stdout;
    let tsv = run("net8-x64-case005", "threads DUMP --format tsv").stdout;
    assert_eq!((all.code, all.stdout), (0, csv + &tsv));
}

#[test]
fn answers_go_to_files_and_never_over_the_dump() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands = ["threads > 'a b.txt'", "threads >> 'a b.txt'", "info > x.txt"];
    let run = shell(folder.path(), &[], &commands);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let twice = std::fs::read_to_string(folder.path().join("a b.txt")).expect("it is written");
    let (first, second) = twice.split_at(twice.len() / 2);
    assert_eq!(first, second);
    for sign in [">", ">>"] {
        let over = shell(folder.path(), &[], &[&format!("threads {sign} '{}'", dump())]);
        assert_eq!(over.code, 2, "{}", over.stderr);
    }
}

#[cfg(unix)]
#[test]
fn answers_go_to_programs() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = shell(folder.path(), &[], &["dumpheap -stat | grep Cases.Account | wc -l"]);
    assert_eq!((run.code, run.stdout.trim()), (0, "1"), "{}", run.stderr);
    // A program that does not read to the end is no error.
    let run = shell(folder.path(), &[], &["dumpheap | head -1", "threads | cat > /dev/null"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "{}", run.stderr);
}

#[test]
fn errors_do_not_leave_the_shell_and_the_last_one_is_its_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let commands = ["nonsense", "dumpheap -heap 7", "threads --format csv"];
    let run = shell(folder.path(), &[], &commands);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(
        run.stdout.starts_with("debugger_id,") || run.stdout.contains("os_id"),
        "{}",
        run.stdout
    );
    for (command, code) in
        [("dumpheap -mt xyz", 2), ("shell", 2), ("dumpobj 1", 1), ("query 'SELEC'", 2)]
    {
        assert_eq!(shell(folder.path(), &[], &[command]).code, code, "{command}");
    }
    let timed = shell(folder.path(), &["--timeout", "1ns"], &["dumpheap -stat"]);
    assert_eq!(timed.code, 4, "{}", timed.stderr);
}

#[test]
fn what_is_read_is_a_script() {
    let run = script(
        "# how many\ndumpheap -stat -type Cases.Account\n\nhelp threads\nnonsense\nthreads\nexit\ninfo\n",
    );
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stdout.contains("Cases.Account") && run.stdout.contains("ThreadCount:"));
    assert!(run.stdout.contains("Usage: clrscope threads"), "{}", run.stdout);
    assert!(!run.stdout.contains("Streams"), "{}", run.stdout);
}

#[test]
fn completions_and_man_pages_know_every_verb() {
    let folder = tempfile::tempdir().expect("a folder");
    let help = run_in(folder.path(), &["--help"]).stdout;
    let verbs = help.lines().filter_map(|line| line.strip_prefix("  ")?.split([' ', ',']).next());
    let verbs: Vec<&str> =
        verbs.filter(|verb| !verb.is_empty() && !verb.starts_with('-')).collect();
    assert!(verbs.len() > 40, "{verbs:?}");
    for system in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = run_in(folder.path(), &["completions", system]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        for verb in &verbs {
            assert!(run.stdout.contains(verb), "{system}: {verb}");
        }
    }
    let run = run_in(folder.path(), &["man", "pages/man1"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    let pages = folder.path().join("pages/man1");
    for verb in verbs {
        let page = std::fs::read_to_string(pages.join(format!("clrscope-{verb}.1"))).expect(verb);
        assert!(page.contains(".TH") && page.contains("Examples"), "{verb}");
    }
    assert!(pages.join("clrscope.1").exists());
}
