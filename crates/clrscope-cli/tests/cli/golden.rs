//! The printout of the second investigation, byte for byte.

use std::fs;
use std::io::BufWriter;

use clrscope_testkit::clr::golden_eeheap;

use crate::harness::run_in;

#[test]
fn eeheap_prints_the_published_heap_as_the_framework_did() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = fs::File::create(folder.path().join("golden.dmp")).expect("a file");
    let (out, golden) = golden_eeheap(BufWriter::new(file)).expect("it is written");
    out.into_inner().expect("it is written");

    let run = run_in(folder.path(), &["eeheap", "golden.dmp", "-gc", "--classic"]);
    assert_eq!(run.stdout, golden.text);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));

    let run = run_in(folder.path(), &["dumpheap", "golden.dmp", "-stat", "--format", "json"]);
    let data = &run.json()["data"];
    assert_eq!(data["bytes"], golden.truth.bytes);
    assert_eq!(data["objects"], golden.truth.objects);
}

#[test]
fn dumpheap_classic_has_the_columns_of_the_framework() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = fs::File::create(folder.path().join("golden.dmp")).expect("a file");
    golden_eeheap(BufWriter::new(file)).expect("it is written").0.into_inner().expect("written");
    let run = run_in(folder.path(), &["dumpheap", "golden.dmp", "-stat", "--classic"]);
    insta::assert_snapshot!(run.redacted());
}
