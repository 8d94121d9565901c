//! What is no dump, or half of one: one clear line, the right code, never a panic.

use std::fs;
use std::path::Path;

use clrscope_testkit::clr::{OtherImage, ProcessOptions, Shape, shaped};
use clrscope_testkit::corpus;
use clrscope_testkit::minidump::{MinidumpBuilder, damage, stream};

use crate::harness::{Run, run_in};

/// Writes `bytes` to a file and asks for the types on its heap.
fn ask(folder: &Path, bytes: &[u8]) -> Run {
    fs::write(folder.join("bad.dmp"), bytes).expect("it is written");
    run_in(folder, &["dumpheap", "bad.dmp", "-stat"])
}

#[test]
fn what_is_no_dump_is_3_and_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let inputs: [(&str, &[u8]); 6] = [
        ("empty", b""),
        ("text", b"hello, world"),
        ("elf", b"\x7fELF\x02\x01\x01"),
        ("pe", b"MZ\x90\0\x03\0\0\0"),
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
fn a_runtime_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, exports, said) in [
        ("app.exe", &["DotNetRuntimeDebugHeader"][..], "NativeAOT"),
        ("clr.dll", &[], ".NET Framework 4.8.9032.0"),
    ] {
        let version = [4, 8, 9032, 0];
        let other = OtherImage { name, base: 0x7ffc_0000_0000, version, exports };
        let options = ProcessOptions { others: vec![other], ..ProcessOptions::x64() };
        let (mut dump, _) = shaped(&Shape { options, seed: 1, classes: 1, objects: 4 });
        // The runtime that can be read goes by another name and exports nothing.
        hide(&mut dump, "coreclr.dll".encode_utf16().flat_map(u16::to_le_bytes).collect());
        hide(&mut dump, b"g_CLREngineMetrics".to_vec());
        let run = ask(folder.path(), &dump);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{name}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
    }
}

/// Overwrites the first byte of every occurrence of `name`.
fn hide(dump: &mut [u8], name: Vec<u8>) {
    let places: Vec<usize> =
        (0..dump.len() - name.len()).filter(|&at| dump[at..].starts_with(&name)).collect();
    assert!(!places.is_empty());
    for at in places {
        dump[at] = b'x';
    }
}

#[test]
fn counts_that_lie_are_partial_or_unreadable_but_never_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = corpus::dump("net8-x64-case005").expect("it is in testdata").bytes();
    for kind in [stream::THREAD_LIST, stream::MODULE_LIST, stream::MEMORY64_LIST] {
        for count in [0, 1, 0x7fff_ffff, u32::MAX] {
            let mut dump = whole.clone();
            damage::overwrite(&mut dump, kind, 0, count);
            let run = ask(folder.path(), &dump);
            assert!(!run.stderr.contains("panicked"), "{kind} {count}: {}", run.stderr);
            // A list of threads that is shorter than it was hides nothing of the heap.
            let is_whole = kind == stream::THREAD_LIST && count < 2;
            let expected: &[i32] = if is_whole { &[0] } else { &[3, 4] };
            assert!(expected.contains(&run.code), "{kind} {count}: {} {}", run.code, run.stderr);
        }
    }
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
