//! What is no dump, or half of one: one clear line, the right code, never a panic.

use std::fs;
use std::path::Path;

use clrscope_testkit::corpus;
use clrscope_testkit::minidump::MinidumpBuilder;

use crate::harness::{Run, run_in};

/// Writes `bytes` to a file and asks for the types on its heap.
fn ask(folder: &Path, bytes: &[u8]) -> Run {
    fs::write(folder.join("bad.dmp"), bytes).expect("it is written");
    run_in(folder, &["dumpheap", "bad.dmp", "-stat"])
}

#[test]
fn what_is_no_dump_is_3_and_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let inputs: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("text", b"hello, world"),
        ("elf", b"\x7fELF\x02\x01\x01"),
        ("half a header", b"MDMP\x93\xa7\0\0"),
        ("a directory of zeroes", &MinidumpBuilder::new().to_bytes()),
    ];
    for (what, bytes) in inputs {
        let run = ask(folder.path(), bytes);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{what}");
        assert_eq!(run.stderr.lines().count(), 1, "{what}: {}", run.stderr);
        assert!(!run.stderr.contains("panicked"), "{what}: {}", run.stderr);
    }
    assert_eq!(run_in(folder.path(), &["info", "not-there.dmp"]).code, 3);
}

#[test]
fn a_dump_without_a_runtime_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = MinidumpBuilder::new().to_bytes_with_memory(&[(0x1000, &[0; 64])]);
    let run = ask(folder.path(), &bytes);
    assert_eq!(run.code, 3);
    assert!(run.stderr.contains("no .NET runtime"), "{}", run.stderr);
}

#[test]
fn a_truncated_dump_is_partial_or_unreadable_but_never_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = corpus::dump("net8-x64-case005").expect("it is in testdata").bytes();
    let mut codes = Vec::new();
    for part in [1, 10, 30, 50, 70, 90, 99] {
        let run = ask(folder.path(), &whole[..whole.len() / 100 * part]);
        assert!(!run.stderr.contains("panicked"), "{part} %: {}", run.stderr);
        assert!(matches!(run.code, 3 | 4), "{part} %: {} {}", run.code, run.stderr);
        assert_eq!(run.code == 4, run.stdout.contains("Partial: "), "{part} %: {}", run.stdout);
        codes.push(run.code);
    }
    assert!(codes.contains(&4), "{codes:?}");
}
