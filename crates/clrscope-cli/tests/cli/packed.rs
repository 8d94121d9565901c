//! Dumps as people send them: compressed, in an archive, cut off on the way.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use clrscope_testkit::corpus;

use crate::harness::{Run, run_in};

fn dump() -> Vec<u8> {
    corpus::dump("net8-x64-case005").expect("it is in testdata").bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes it")
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory takes it")
}

fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).expect("memory takes it");
        writer.write_all(bytes).expect("memory takes it");
    }
    writer.finish().expect("memory takes it").into_inner()
}

fn ask(folder: &Path, name: &str, bytes: &[u8]) -> Run {
    fs::write(folder.join(name), bytes).expect("it is written");
    run_in(folder, &["dumpheap", name, "-stat"])
}

#[test]
fn packed_dumps_give_the_same_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = dump();
    let plain = ask(folder.path(), "plain.dmp", &bytes);
    assert_eq!(plain.code, 0, "{}", plain.stderr);
    for (name, packed) in [
        ("a.dmp.gz", gzip(&bytes)),
        ("a.dmp.zst", zstandard(&bytes)),
        ("a.zip", archive(&[("readme.txt", b"a dump"), ("w3wp.dmp", &bytes)])),
    ] {
        let run = ask(folder.path(), name, &packed);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{name}");
        assert_eq!(run.stdout, plain.stdout, "{name}");
        // A budget that is too small for memory sends it to a temporary file.
        let run = run_in(folder.path(), &["dumpheap", name, "-stat", "--memory", "32MB"]);
        assert_eq!((run.code, &run.stdout), (0, &plain.stdout), "{name}: {}", run.stderr);
    }
}

#[test]
fn packed_files_that_cannot_be_opened_are_3_and_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = dump();
    let zst = zstandard(&bytes);
    let gz = gzip(&bytes);
    for (name, packed, said) in [
        ("cut.dmp.zst", &zst[..zst.len() / 2], "ends early"),
        ("cut.dmp.gz", &gz[..gz.len() / 2], "ends early"),
        (
            "two.zip",
            &archive(&[("a.dmp", &bytes), ("b.dmp", &bytes)]),
            "holds 2 dumps (a.dmp, b.dmp)",
        ),
        ("none.zip", &archive(&[("readme.txt", b"nothing")]), "no minidump"),
        ("cut.zip", &archive(&[("a.dmp", &bytes)])[..100_000], "zip"),
        ("empty.dmp.zst", &[], "empty"),
    ] {
        let run = ask(folder.path(), name, packed);
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{name}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
    }
}
