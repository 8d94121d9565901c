//! The objects that the program's `Types` scenario named, as text and as JSON, and the verbs for single
//! kinds of objects.

use std::fmt::Write;

use clrscope_testkit::corpus;

use crate::harness::{Run, run, snapshots};

const X64: &str = "net10-x64-wks-all";
const X86: &str = "core21-x86-wks-all";

fn address(dump: &str, key: &str) -> u64 {
    let truth = corpus::dump(dump).expect("it is in testdata");
    truth.truth_address(&format!("address.{key}")).expect("an address")
}

/// A line in which `@KEY` stands for an address that the program named.
fn at(dump: &str, line: &str) -> Run {
    let words = line.split(' ').map(|word| match word.strip_prefix('@') {
        Some(key) => format!("{:x}", address(dump, key)),
        None => word.to_owned(),
    });
    run(dump, &words.collect::<Vec<_>>().join(" "))
}

/// How many objects the scenario named.
const NAMED: usize = 27;

fn every_object_as_text(dump: &str) -> String {
    let mut all = String::new();
    for index in 0..NAMED {
        let answer = at(dump, &format!("dumpobj DUMP @types.{index}"));
        writeln!(all, "=== {index}\n{}", answer.redacted()).expect("a string");
    }
    all
}

fn every_object_as_json(dump: &str) -> String {
    let mut all = String::new();
    for index in 0..NAMED {
        let answer = at(dump, &format!("dumpobj DUMP @types.{index} --format json"));
        assert_eq!(answer.code, 0, "{}", answer.stderr);
        let data = serde_json::to_string_pretty(&answer.json()["data"]).expect("JSON");
        writeln!(all, "=== {index}\n{data}").expect("a string");
    }
    all
}

#[test]
fn every_object_of_the_types_scenario() {
    insta::assert_snapshot!(every_object_as_text(X64));
}

#[test]
fn every_object_of_the_types_scenario_x86() {
    insta::assert_snapshot!(every_object_as_text(X86));
}

#[test]
fn every_object_of_the_types_scenario_as_json() {
    insta::assert_snapshot!(every_object_as_json(X64));
}

#[test]
fn every_object_of_the_types_scenario_as_json_x86() {
    insta::assert_snapshot!(every_object_as_json(X86));
}

snapshots! {
    with at;
    exception: X64, "do DUMP @roots.exception -nofields";
    exception_x86: X86, "do DUMP @roots.exception -nofields";
    dictionary: X64, "dcd DUMP @types.17 --limit 3";
    dictionary_csv: X64, "dumpconcurrentdictionary DUMP @types.17 --limit 2 --format csv";
    dictionary_of_a_list: X64, "dcd DUMP @types.16";
    queue_of_a_dictionary: X64, "dcq DUMP @types.17";
    delegate_of_a_list: X64, "dumpdelegate DUMP @types.16";
}

/// The delegates in `new Action[] { () => { }, Fill }`.
#[test]
fn a_delegate_names_its_method() {
    for (dump, closure, target) in [
        (X64, "Zoo.Types+<>c.<Fill>b__1_3()", Some("Zoo.Types+<>c")),
        (X86, "Zoo.Types.<Fill>m__3()", None),
    ] {
        let array = at(dump, "da DUMP @types.24 --format json").json();
        let delegate = |index: usize| {
            let address = &array["data"]["elements"]["items"][index]["value"];
            let line = format!(
                "dumpdelegate DUMP {} --format json",
                address.as_str().expect("an address")
            );
            run(dump, &line).json()["data"].clone()
        };
        let first = delegate(0);
        assert_eq!((&first["count"], &first["calls"][0]["name"]), (&1.into(), &closure.into()));
        assert_eq!(first["calls"][0]["target_name"].as_str(), target);
        let second = delegate(1);
        assert_eq!(second["form"], "Open");
        assert_eq!(second["calls"][0]["name"], "Zoo.Types.Fill()");
        assert!(second["calls"][0]["target"].is_null());
        let method = second["calls"][0]["method"].as_str().expect("a record");
        let entry = second["calls"][0]["entry"].as_str().expect("an address");
        assert!(method.starts_with("0x") && entry.starts_with("0x") && method != entry);
    }
}

#[test]
fn a_dictionary_lists_all_of_its_elements() {
    let answer = at(X64, "dcd DUMP @types.17 --format json").json();
    let collection = &answer["data"]["collection"];
    assert_eq!(
        (&collection["count"], &collection["kind"]),
        (&50.into(), &"ConcurrentDictionary".into())
    );
    let elements = collection["elements"].as_array().expect("elements");
    let mut keys: Vec<u64> = elements.iter().filter_map(|e| e["key"].as_u64()).collect();
    keys.sort_unstable();
    assert!(keys.into_iter().eq(0..50));
}
