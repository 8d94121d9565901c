//! Every verb in every format, on real dumps.

use clrscope_testkit::corpus;

use crate::harness::{run, snapshots};

snapshots! {
    info_text: "net8-x64-case005", "info DUMP";
    info_text_x86: "core21-x86-wks-all", "info DUMP";
    info_tsv: "net8-x64-case005", "info DUMP --format tsv";
    info_mini: "net8-x64-mini", "info DUMP";
    eeheap_regions: "net8-x64-case005", "eeheap DUMP -gc";
    eeheap_segments: "core21-x86-wks-all", "eeheap DUMP -gc";
    eeheap_server: "net10-x64-svr-case002", "eeheap DUMP -gc";
    eeheap_classic: "core21-x86-wks-all", "eeheap DUMP -gc --classic";
    eeheap_csv: "net8-x64-case005", "eeheap DUMP --format csv";
    dumpheap_stat: "net8-x64-case005", "dumpheap DUMP -stat -type Cases.";
    dumpheap_stat_sos_names: "net8-x64-case005", "dumpheap DUMP -stat -min 1000 --names sos";
    dumpheap_stat_tsv: "net8-x64-case005", "dumpheap DUMP -stat -type Cases. --format tsv";
    dumpheap_stat_csv: "net8-x64-case005", "dumpheap DUMP -stat -min 1000 --format csv";
    dumpheap_fragmentation: "core21-x86-wks-all", "dumpheap DUMP -stat -classic -min 20000";
    dumpheap_list: "net8-x64-case005", "dumpheap DUMP -type Cases.Account";
    dumpheap_list_classic: "core21-x86-wks-all", "dumpheap DUMP -classic -min 90000 -max 130000";
    dumpheap_list_csv: "net8-x64-case005", "dumpheap DUMP -type Cases.Account --format csv";
    dumpheap_short: "net8-x64-case005", "dumpheap DUMP -type Cases.Account -short";
    dumpheap_strings: "net8-x64-case005", "dumpheap DUMP -strings -min 100";
    dumpheap_thinlock: "net10-x64-wks-all", "dumpheap DUMP -thinlock";
    account_native: "net10-x64-svr-case002", "account DUMP";
    account_csv: "net8-x64-case005", "account DUMP --format csv";
    account_handles: "net6-x64-case004", "account DUMP";
    address_summary: "net10-x64-svr-case002", "address DUMP -summary";
    address_summary_csv: "core21-x86-wks-all", "address DUMP -summary --format csv";
    address_stacks: "net8-x64-case005", "maddress DUMP -usage stacks";
    address_one: "net8-x64-case005", "address DUMP 2c0000";
    address_nowhere: "net8-x64-case005", "address DUMP ffffffffffff0000";
    account_mini: "net8-x64-mini", "account DUMP";
    dynamic_error_pages: "core31-x64-case000", "dynamic DUMP -stat";
    dynamic_serializers: "net6-x64-case004", "dynamic DUMP -stat";
    dynamic_groups_csv: "net6-x64-case004", "dynamic DUMP -stat --format csv";
    dynamic_list: "net10-x64-wks-all", "dynamic DUMP";
    handles_text: "net6-x64-case004", "handles DUMP";
    handles_counts: "net6-x64-case004", "handles DUMP -s";
    handles_list: "net8-x64-case005", "handles DUMP -a";
    handles_csv: "net8-x64-case005", "handles DUMP --format csv";
    handles_absent: "net8-x64-mini", "handles DUMP";
    verifyheap_text: "net8-x64-case005", "verifyheap DUMP";
    verifyheap_json: "core21-x86-wks-all", "verifyheap DUMP -heap 0 --format tsv";
}

#[test]
fn json_has_the_envelope_that_is_promised() {
    let answer = run("net8-x64-case005", "eeheap DUMP -gc --format json").json();
    assert_eq!(answer["schema_version"], 1);
    assert_eq!(answer["tool"]["name"], "clrscope");
    assert_eq!(answer["dump"]["pointer_bits"], 64);
    assert_eq!(answer["dump"]["arch"], "x64");
    assert_eq!(answer["runtime"]["flavor"], "core");
    assert_eq!(answer["runtime"]["regions"], true);
    assert_eq!(answer["complete"], true);
    assert_eq!(answer["issues"], serde_json::json!([]));
    let heaps = answer["data"]["heaps"].as_array().expect("heaps");
    let sum: u64 = heaps.iter().map(|heap| heap["bytes"].as_u64().expect("a number")).sum();
    assert_eq!(answer["data"]["bytes"], sum);
    let start = heaps[0]["segments"][0]["start"].as_str().expect("an address is a string");
    assert!(start.starts_with("0x"));
}

#[test]
fn counts_equal_those_of_an_independent_reader() {
    for dump in corpus::testdata() {
        let Some(oracle) = dump.oracle() else { continue };
        let answer = run(dump.name(), "dumpheap DUMP -stat --format json").json();
        let data = &answer["data"];
        assert_eq!(data["objects"], oracle.objects, "{}", dump.name());
        let types = data["types"].as_array().expect("types");
        let bytes: u64 = types.iter().map(|row| row["bytes"].as_u64().expect("a number")).sum();
        let expected: u64 = oracle.types.iter().map(|row| row.bytes).sum();
        assert_eq!((data["bytes"].as_u64(), bytes), (Some(expected), expected), "{}", dump.name());
    }
}

#[test]
fn a_list_of_objects_agrees_with_its_statistics() {
    let list = run("net8-x64-case005", "dumpheap DUMP -gen 0 --format json").json();
    let stat = run("net8-x64-case005", "dumpheap DUMP -gen 0 -stat --format json").json();
    let objects = list["data"]["objects"].as_array().expect("objects");
    assert!(!objects.is_empty());
    assert_eq!(stat["data"]["objects"], objects.len());
    let bytes: u64 = objects.iter().map(|row| row["bytes"].as_u64().expect("a number")).sum();
    assert_eq!(stat["data"]["bytes"], bytes);
    assert!(objects.iter().all(|object| object["generation"] == "gen0"));
}

#[test]
fn every_part_of_the_heap_is_in_one_generation() {
    let objects = |line: &str| {
        run("net10-x64-wks-all", line).json()["data"]["objects"].as_u64().expect("a number")
    };
    let all = objects("dumpheap DUMP -stat --format json");
    let parts = ["0", "1", "2", "loh", "poh", "frozen"]
        .map(|generation| objects(&format!("dumpheap DUMP -stat -gen {generation} --format json")));
    assert_eq!(parts.iter().sum::<u64>(), all, "{parts:?}");
}

#[test]
fn layout_names_the_source_of_every_offset() {
    let answer = run("net10-x64-wks-all", "layout DUMP --format json").json();
    let structures = answer["data"]["structures"].as_array().expect("structures");
    let table = structures.iter().find(|s| s["name"] == "MethodTable").expect("MethodTable");
    let fields = table["fields"].as_array().expect("fields");
    assert!(fields.iter().any(|field| field["source"] == "contract"));
    let text = run("net10-x64-wks-all", "layout DUMP").stdout;
    assert!(text.contains("MethodTable") && text.contains("contract"), "{text}");
}

#[test]
fn answers_do_not_depend_on_the_number_of_threads() {
    let one = run("net10-x64-svr-case002", "dumpheap DUMP --threads 1 --format tsv");
    let two = run("net10-x64-svr-case002", "dumpheap DUMP --threads 2 --format tsv");
    assert!(one.stdout.len() > 1000);
    assert_eq!(one.stdout, two.stdout);
}
