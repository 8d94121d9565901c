//! Exceptions, of threads and of the heap, and why a dump was written.

use std::fs;

use clrscope_testkit::corpus;
use clrscope_testkit::minidump::{
    Context, Exception, MinidumpBuilder, ModuleSpec, SystemInfo, ThreadSpec, stream,
};

use crate::harness::{Run, run, run_in, snapshots};

snapshots! {
    pe_all: "net10-x64-wks-all", "pe DUMP -all";
    pe_nested: "core21-x86-wks-all", "printexception DUMP 01fb15dc -nested";
    pe_tsv: "net10-x64-wks-all", "pe DUMP -all --format tsv";
    pe_none: "net8-x64-case005", "pe DUMP";
    dumpexceptions_text: "net10-x64-wks-all", "dumpexceptions DUMP";
    dumpexceptions_csv: "core21-x86-wks-all", "dumpexceptions DUMP -live --format csv";
    crashinfo_none: "net10-x64-wks-all", "crashinfo DUMP";
    crashinfo_mini: "net8-x64-mini", "crashinfo DUMP";
}

#[test]
fn the_exception_of_the_program_is_found_by_every_verb() {
    for dump in corpus::testdata() {
        let truth = dump
            .truth()
            .and_then(|truth| Some(truth.get("address.roots.exception")?.as_str()?.to_owned()));
        let Some(expected) = truth else { continue };
        let one = run(dump.name(), &format!("pe DUMP {expected} --format json")).json();
        let chain = one["data"]["thrown"][0]["exceptions"].as_array().expect("a chain").clone();
        let names: Vec<_> = chain.iter().map(|exception| &exception["name"]).collect();
        assert_eq!(names, ["System.InvalidOperationException", "System.ArgumentException"]);
        assert_eq!(chain[0]["hresult"], "0x80131509");
        let all = run(dump.name(), "pe DUMP -all --format json").json();
        let thrown = &all["data"]["thrown"][0];
        assert_eq!(thrown["exceptions"].as_array(), Some(&chain), "{}", dump.name());
        let groups = run(dump.name(), "dumpexceptions DUMP --format json").json();
        let groups = groups["data"]["groups"].as_array().expect("groups").clone();
        let group = groups.iter().find(|group| group["address"] == expected).expect("its group");
        assert_eq!((&group["count"], &group["alive"]), (&1.into(), &1.into()));
        assert_eq!(group["threads"][0], thrown["thread"]["os_id"]);
    }
}

#[test]
fn what_is_no_exception_is_1() {
    for (line, why) in [
        ("pe DUMP 1000", "0x1000 is not in the dump"),
        ("pe DUMP -osid 5", "no such thread"),
        ("pe DUMP", "the thread has no exception"),
    ] {
        let run = run("net8-x64-case005", line);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{line}");
        assert!(run.stderr.contains(why), "{line}: {}", run.stderr);
    }
    assert_eq!(run("net8-x64-case005", "pe DUMP 1000 -all").code, 2);
}

/// A dump of a program without a runtime that crashed with `code` and these parameters.
fn crash(code: u32, parameters: &[u64], memory: &[(u64, &[u8])], line: &str) -> Run {
    let context = Context::X64 { ip: 0x7ff6_0000_1234, general: [0; 16] };
    let mut all = [0; 15];
    all[..parameters.len()].copy_from_slice(parameters);
    let mut builder = MinidumpBuilder::new();
    builder.system_info(&SystemInfo::windows(9));
    builder.threads(&[ThreadSpec::new(0x1a84, 0, context)]);
    builder.modules(&[ModuleSpec {
        base: 0x7ff6_0000_0000,
        size: 0x10000,
        name: "C:\\app\\app.exe".to_owned(),
        ..ModuleSpec::default()
    }]);
    builder.exception(&Exception {
        thread: 0x1a84,
        code,
        address: 0x7ff6_0000_1234,
        parameters: all,
        parameter_count: parameters.len() as u32,
        context,
    });
    builder.stream(stream::COMMENT_A, b"*** procdump -e\0");
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = builder.to_bytes_with_memory(memory);
    fs::write(folder.path().join("app.dmp"), bytes).expect("it is written");
    run_in(folder.path(), &line.split(' ').collect::<Vec<_>>())
}

#[test]
fn a_crash_says_what_happened_where_even_without_a_runtime() {
    insta::assert_snapshot!(crash(0xc000_0005, &[1, 0x10], &[], "crashinfo app.dmp").redacted());
}

#[test]
fn a_native_aot_program_says_itself_why_it_ended() {
    let text: &[u8] = b"{\"version\":\"1.0.0\",\"reason\":2}\0 and rubbish";
    let run = crash(
        0xc000_0409,
        &[0x48, 1, 0x5000, text.len() as u64],
        &[(0x5000, text)],
        "crashinfo app.dmp --format json",
    );
    let crash = &run.json()["data"]["crash"];
    assert_eq!(crash["native_aot"], "{\"version\":\"1.0.0\",\"reason\":2}");
    assert_eq!(crash["meaning"], "fail fast, or a stack buffer was overrun");
    assert_eq!((&crash["os_id"], &crash["module"]), (&0x1a84.into(), &"app.exe".into()));
}
