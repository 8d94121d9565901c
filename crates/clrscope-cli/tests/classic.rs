//! The classic printout, byte for byte, of a heap whose addresses and sizes were published.

use std::process::Command;

use clrscope_testkit::clr::golden_eeheap;

#[test]
fn eeheap_prints_the_published_heap() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("golden.dmp");
    let file = std::fs::File::create(&path).expect("a file");
    let (_, golden) = golden_eeheap(file).expect("written");
    let answer = Command::new(env!("CARGO_BIN_EXE_clrscope"))
        .args(["eeheap", "-gc", "--classic", "--no-progress"])
        .arg(&path)
        .output()
        .expect("the program");
    let printed = String::from_utf8_lossy(&answer.stdout);
    assert_eq!(printed, golden.text);
}
