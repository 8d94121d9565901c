//! What people who come from SOS type beside the verbs' main answers.

use std::collections::BTreeSet;

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{run, run_in, snapshots};

/// The address of an object that the program named.
fn address(dump: &str, key: &str) -> String {
    let truth = corpus::dump(dump).expect("it is in testdata");
    format!("{:x}", truth.truth_address(key).expect("an address"))
}

fn data(dump: &str, line: &str) -> Value {
    run(dump, &format!("{line} --format json")).json()["data"].clone()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key} in {value}"))
}

snapshots! {
    waste_text: "net8-x64-case005", "waste DUMP -top 5";
    runtimes_tsv: "net8-x64-private", "eeversion DUMP --format tsv";
    threadstate_text: "core21-x86-wks-all", "threadstate DUMP b220";
    clrstack_full_x86: "core21-x86-wks-all", "clrstack DUMP -managed 5 -f -r";
    clrstack_full_tsv: "net8-x64-case005", "clrstack DUMP -osid 108 -f --format tsv";
}

const DUMPS: [&str; 3] = ["net10-x64-wks-all", "core21-x86-wks-all", "net8-x64-private"];

/// Objects to ask about: those that the program named, or where nobody did, some that the heap has.
fn objects_of(dump: &str) -> Vec<String> {
    if dump == "net8-x64-private" {
        let listed = run(dump, "dumpheap DUMP -short -min 200 -max 2000").stdout;
        return listed.lines().step_by(40).take(8).map(str::to_owned).collect();
    }
    [0, 8, 16, 17].map(|n| address(dump, &format!("address.types.{n}"))).into()
}

#[test]
fn the_references_of_an_object_are_those_of_the_graph() {
    for dump in DUMPS {
        let mut count = 0;
        for object in objects_of(dump) {
            let held = data(dump, &format!("dumpobj DUMP {object} -nofields -refs"));
            let mut held: Vec<_> = list(&held, "refs")
                .iter()
                .map(|held| (text(held, "field").to_owned(), text(held, "object").to_owned()))
                .collect();
            let sql = format!("SELECT field,target FROM refs WHERE source=0x{object}");
            let file = corpus::dump(dump).expect("a dump").path().to_owned();
            let (folder, name) = (file.parent().expect("a folder"), file.file_name());
            let name = name.and_then(|name| name.to_str()).expect("a name");
            let known = run_in(folder, &["query", name, &sql, "--format", "json"]).json();
            let mut known: Vec<_> = list(&known["data"], "rows")
                .iter()
                .map(|row| (text(row, "field").to_owned(), text(row, "target").to_owned()))
                .collect();
            held.sort();
            known.sort();
            count += held.len();
            assert_eq!(held, known, "{dump} {object}");
        }
        assert!(count > 5, "{dump}");
    }
}

#[test]
fn references_are_rows_with_the_fields_that_hold_them() {
    let object = address("core21-x86-wks-all", "address.types.0");
    let rows = run("core21-x86-wks-all", &format!("do DUMP {object} -refs --format tsv")).stdout;
    assert!(rows.starts_with("field\taddress\tobject\tmt\tbytes\tname\n"), "{rows}");
    for field in ["Text\t", "Kv.key\t"] {
        assert!(rows.lines().any(|line| line.starts_with(field)), "{rows}");
    }
    let text = run("core21-x86-wks-all", &format!("do DUMP {object} -refs")).stdout;
    let (_, table) = text.split_once("GC Refs:\n").expect("a table");
    let string = table.lines().find(|line| line.trim_start().starts_with("Text ")).expect("one");
    assert!(string.ends_with(" System.String"), "{string}");
}

#[test]
fn details_show_each_element_as_it_is_shown_by_itself() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all"] {
        // An array of structs, and the array of references behind a list.
        let structs = address(dump, "address.types.8");
        let array = data(dump, &format!("dumparray DUMP {structs} -details"));
        let items = list(&array["elements"], "items");
        assert!(items.len() >= 2);
        for item in items {
            let details = &item["details"];
            let (mt, at) = (text(details, "mt"), text(item, "address"));
            assert_eq!(details, &data(dump, &format!("dumpvc DUMP {mt} {at}")), "{dump} {at}");
        }
        let statics = data(dump, "dumpheap DUMP -type System.String[] -min 40");
        let strings = text(&list(&statics, "objects")[0], "address").to_owned();
        let array = data(dump, &format!("da DUMP {strings} -details -length 3"));
        for item in list(&array["elements"], "items").iter().filter(|item| !item["value"].is_null())
        {
            let object = text(item, "value");
            assert_eq!(
                item["details"],
                data(dump, &format!("do DUMP {object}")),
                "{dump} {object}"
            );
        }
        let without = run(dump, &format!("da DUMP {structs} -details -nofields")).stdout;
        assert!(without.contains("\n    Name:        Zoo.Pair\n") && !without.contains("Fields:"));
        let rows = run(dump, &format!("da DUMP {structs} -details --format tsv")).stdout;
        assert!(rows.lines().any(|row| row.starts_with("1\t") && row.contains("\tSecond\t")));
    }
}

#[test]
fn what_is_verified_is_a_part_of_what_the_stack_refers_to() {
    for dump in ["net8-x64-case005", "core21-x86-wks-all", "net8-x64-private"] {
        let all = data(dump, "dso DUMP -all");
        let sound = data(dump, "dso DUMP -all -verify");
        let mut kept = 0;
        for (all, sound) in list(&all, "threads").iter().zip(list(&sound, "threads")) {
            let all: BTreeSet<_> = list(all, "objects").iter().map(Value::to_string).collect();
            for row in list(sound, "objects") {
                assert!(all.contains(&row.to_string()) && !row["name"].is_null(), "{dump} {row}");
                kept += 1;
            }
        }
        assert!(kept > 10, "{dump}: {kept}");
        let checked = text(&list(&list(&sound, "threads")[0], "objects")[0], "object").to_owned();
        let verified = run(dump, &format!("verifyobj DUMP {checked}"));
        assert!(matches!(verified.code, 0 | 4), "{dump} {}", verified.stdout);
    }
}

#[test]
fn an_address_in_an_object_is_no_object_to_verify() {
    let object = address("net10-x64-wks-all", "address.types.1");
    let inside = u64::from_str_radix(&object, 16).expect("an address") + 8;
    let run = run("net10-x64-wks-all", &format!("verifyobj DUMP {inside:x}"));
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
}

#[test]
fn native_frames_lie_between_the_managed_ones() {
    for dump in ["net8-x64-case005", "core21-x86-wks-all"] {
        let plain = data(dump, "clrstack DUMP -all -a");
        let full = data(dump, "clrstack DUMP -all -a -f -r");
        let images = run(dump, "info DUMP --format json").json();
        let images: BTreeSet<_> = list(&images["data"], "modules")
            .iter()
            .map(|module| text(module, "name").rsplit('\\').next().expect("a name").to_owned())
            .collect();
        let mut count = 0;
        for (plain, full) in list(&plain, "threads").iter().zip(list(&full, "threads")) {
            let frames = list(full, "frames");
            let (native, managed): (Vec<_>, Vec<_>) =
                frames.iter().partition(|frame| frame["kind"] == "native");
            let places = |frames: &mut dyn Iterator<Item = &Value>| -> Vec<String> {
                frames.map(|frame| format!("{} {}", frame["ip"], frame["sp"])).collect()
            };
            let expected = places(&mut list(plain, "frames").iter());
            assert_eq!(places(&mut managed.into_iter()), expected, "{dump}");
            for frame in &native {
                if let Some(module) = frame["module"].as_str() {
                    assert!(images.contains(module) && frame["offset"].is_u64(), "{frame}");
                }
                count += 1;
            }
            // The thread stands where its registers say.
            let first = &frames[0];
            let stack_pointer = if dump.contains("x86") { "esp" } else { "rsp" };
            if first["how"] == "context" {
                assert_eq!(first["registers"][stack_pointer], first["sp"], "{dump}");
            }
            // What frames refer to is said of the same frames.
            for (plain_slot, slot) in list(plain, "locals").iter().zip(list(full, "locals")) {
                let at = |frames: &[Value], slot: &Value| {
                    let index = usize::try_from(slot["frame"].as_u64()?).ok()?;
                    Some(frames[index]["sp"].clone())
                };
                assert_eq!(at(list(plain, "frames"), plain_slot), at(frames, slot), "{dump}");
            }
        }
        assert!(count > 10, "{dump}: {count}");
    }
}

#[test]
fn callers_have_only_the_registers_that_a_call_leaves_as_they_were() {
    let stacks = data("net8-x64-case005", "clrstack DUMP -all -r");
    for thread in list(&stacks, "threads") {
        for frame in list(thread, "frames").iter().filter(|frame| frame["kind"] == "managed") {
            let registers = frame["registers"].as_object().expect("registers");
            let is_known = registers.contains_key("rax");
            assert_eq!(is_known, frame["how"] == "context", "{frame}");
            assert_eq!(registers["rsp"], frame["sp"]);
        }
    }
}

#[test]
fn what_an_object_refers_to_is_the_same_in_every_form() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all"] {
        let object = address(dump, "address.types.17");
        let sum = data(dump, &format!("objsize DUMP {object}"));
        let listed = run(dump, &format!("objsize DUMP {object} -short")).stdout;
        assert_eq!(sum["objects"], listed.lines().count(), "{dump}");
        assert!(listed.lines().any(|line| line.trim_start_matches('0') == object), "{dump}");
        let strings = data(dump, &format!("objsize DUMP {object} -strings"));
        let types = list(&sum["statistics"], "types");
        let counted = types.iter().find(|row| row["name"] == "System.String").expect("strings");
        assert_eq!(strings["objects"], counted["count"], "{dump}");
        // The only object of its type holds as much as its type.
        let mt = text(&sum["object"], "mt");
        let of_type = data(dump, &format!("objsize DUMP -mt {mt}"));
        assert_eq!(of_type["type"]["count"], 1, "{dump}");
        assert_eq!((&of_type["objects"], &of_type["bytes"]), (&sum["objects"], &sum["bytes"]));
    }
    assert_eq!(run("net10-x64-wks-all", "objsize DUMP -mt 40").code, 1);
    assert_eq!(run("net10-x64-wks-all", "objsize DUMP").code, 2);
}

#[test]
fn a_generation_is_dumped_as_the_heap_is() {
    for (short, long) in [
        ("dumpgen DUMP gen2", "dumpheap DUMP -stat -gen 2"),
        ("dg DUMP LOH -type Object", "dumpheap DUMP -stat -gen loh -type Object"),
    ] {
        let expected = run("core21-x86-wks-all", long);
        assert_eq!(run("core21-x86-wks-all", short).stdout, expected.stdout, "{short}");
    }
    assert_eq!(run("core21-x86-wks-all", "dumpgen DUMP gen7").code, 2);
}

#[test]
fn sizes_sum_up_to_the_heap() {
    for dump in ["core21-x86-wks-all", "net10-x64-svr-case002"] {
        let sizes = data(dump, "sizestats DUMP");
        let counted: u64 =
            list(&sizes, "sizes").iter().filter_map(|row| row["count"].as_u64()).sum();
        assert_eq!(data(dump, "dumpheap DUMP -stat")["objects"], counted, "{dump}");
    }
}

#[test]
fn waste_has_the_strings_that_strings_has() {
    for dump in ["net8-x64-case005", "core21-x86-wks-all"] {
        let waste = data(dump, "waste DUMP -top 3");
        let strings = data(dump, "strings DUMP -dup");
        let kinds = list(&waste, "kinds");
        let of_strings = kinds.iter().find(|kind| kind["kind"] == "string").expect("a sum");
        assert_eq!(of_strings["wasted"], strings["wasted"], "{dump}");
        let groups = list(&waste, "groups");
        assert_eq!(groups.len(), 3);
        assert!(groups.is_sorted_by_key(|group| group["wasted"].as_u64()), "{dump}");
    }
}

#[test]
fn a_heap_and_a_segment_can_be_chosen() {
    let all = data("net10-x64-svr-case002", "eeheap DUMP -gc");
    let heaps = list(&all, "heaps");
    assert!(heaps.len() > 1);
    let one = data("net10-x64-svr-case002", "eeheap DUMP -heap 1");
    assert_eq!(list(&one, "heaps"), &heaps[1..2]);
    let segment = &list(&heaps[0], "segments")[0];
    let line = format!("eeheap DUMP -gc -segment {}", text(segment, "start"));
    let one = data("net10-x64-svr-case002", &line);
    assert_eq!(list(&list(&one, "heaps")[0], "segments"), std::slice::from_ref(segment));
    assert_eq!(run("net10-x64-svr-case002", "eeheap DUMP -heap 99").code, 1);
}

#[test]
fn methods_are_listed_without_their_images() {
    let all = data("net8-x64-private", "dumpheap DUMP -stat");
    let types = list(&all, "types").iter().filter(|ty| {
        let name = text(ty, "name");
        name.starts_with("<type") && !name.ends_with(']')
    });
    let mut count = 0;
    for ty in types.take(20) {
        let mt = text(ty, "mt");
        let answer = run("net8-x64-private", &format!("dumpmt DUMP {mt} -all --format json"));
        assert_eq!(answer.code, 4, "{}", answer.stderr);
        let found = &answer.json()["data"]["types"][0];
        // A type can have none.
        let methods = found["methods"].as_array().into_iter().flatten();
        for (index, method) in methods.enumerate() {
            // Those of an instantiation belong to the method table that shares its code.
            assert_eq!(method["state"], "unknown");
            assert_eq!(method["class"], found["class"]);
            assert!(text(method, "token").starts_with("0x600"), "{method}");
            if index == 0 {
                let md = text(method, "md");
                let one = data("net8-x64-private", &format!("dumpmd DUMP {md}"));
                assert_eq!(one["methods"][0]["token"], method["token"]);
            }
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn dumpmt_all_lists_fields_and_methods() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all"] {
        let named = data(dump, "name2ee DUMP *!Zoo.EveryField");
        let mt = text(&list(&named, "types")[0], "mt").to_owned();
        let found = data(dump, &format!("dumpmt DUMP {mt} -all"));
        let ty = &list(&found, "types")[0];
        assert!(list(ty, "fields").iter().any(|field| field["name"] == "Text"), "{dump}");
        assert!(!list(ty, "methods").is_empty(), "{dump}");
    }
}

#[test]
fn lengths_of_memory_are_taken_as_debuggers_write_them() {
    let dump = "core21-x86-wks-all";
    let start = address(dump, "address.types.5");
    let end = u64::from_str_radix(&start, 16).expect("an address") + 0x40;
    let expected = run(dump, &format!("dd DUMP {start} 16")).stdout;
    assert_eq!(expected.lines().count(), 4);
    for length in ["L10".to_owned(), "-c 16".to_owned(), format!("-end {end:x}")] {
        assert_eq!(run(dump, &format!("dd DUMP {start} {length}")).stdout, expected, "{length}");
    }
}

#[test]
fn assemblies_are_chosen_by_name() {
    let found = data("net10-x64-wks-all", "clrmodules DUMP -n corelib");
    let names: Vec<_> = list(&found, "assemblies").iter().map(|a| text(a, "name")).collect();
    assert!(names.len() == 1 && names[0].ends_with("System.Private.CoreLib.dll"), "{names:?}");
    assert_eq!(run("net10-x64-wks-all", "assemblies DUMP -name No.Such").code, 1);
}

#[test]
fn what_fingers_type_is_taken() {
    for (dump, line) in [
        ("net8-x64-case005", "DumpHeap DUMP -stat -ignoreGCState -noprogress"),
        ("net8-x64-case005", "VerifyHeap DUMP -ignoreGCState"),
        ("net8-x64-case005", "GCHeapStat DUMP -inclUnrooted"),
        ("net8-x64-case005", "fq DUMP -summary"),
        ("net8-x64-case005", "ThreadPool DUMP -summary"),
        ("net8-x64-case005", "pstacks DUMP -a"),
        ("net8-x64-case005", "pe DUMP -lines -all"),
        ("net8-x64-case005", "clrstack DUMP -n -all"),
        ("net8-x64-case005", "GCHandles DUMP -perdomain -type WeakWinRT"),
        ("net8-x64-case005", "DumpAsync DUMP -t -c -f"),
    ] {
        let run = run(dump, line);
        // No thread has an exception.
        let expected = i32::from(line.starts_with("pe "));
        assert_eq!(run.code, expected, "{line}: {}", run.stderr);
    }
}

#[test]
fn a_verb_that_there_is_none_of_is_answered_with_another() {
    for (line, instead) in
        [("eestack DUMP -short", "clrstack -all -f"), ("!BPMD DUMP x", "a dump does not run")]
    {
        let run = run("net8-x64-mini", line);
        assert_eq!(run.code, 2);
        assert!(run.stderr.contains(instead), "{}", run.stderr);
    }
}

#[test]
fn a_heap_is_read_by_inference_alone() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all", "net8-x64-private"] {
        let known = data(dump, "dumpheap DUMP -stat");
        let inferred = run(dump, "dumpheap DUMP -stat --layout infer --format json");
        assert_eq!(inferred.code, 4, "{dump}: {}", inferred.stderr);
        let answer = inferred.json();
        assert_eq!(answer["data"]["objects"], known["objects"], "{dump}");
        assert_eq!(answer["data"]["bytes"], known["bytes"], "{dump}");
        let sources = &answer["runtime"]["layout_sources"];
        assert!(sources["inferred"].as_u64() >= Some(5), "{dump}: {sources}");
        assert_eq!(sources["contract"], 0, "{dump}");
        let fields = data(dump, "layout DUMP --layout infer");
        let tables = list(&fields, "structures").iter().find(|one| one["name"] == "MethodTable");
        let class = list(tables.expect("method tables"), "fields")
            .iter()
            .find(|field| field["name"] == "EEClassOrCanonMT")
            .expect("the class");
        assert!(class["votes"].as_u64() > class["runner_up"].as_u64(), "{dump}: {class}");
    }
    assert_eq!(run("net8-x64-mini", "eeheap DUMP --layout infer").code, 3);
    assert_eq!(run("net8-x64-mini", "eeheap DUMP --layout structural").code, 2);
}
