//! The verbs that say what keeps objects alive, on real dumps. Addresses are those that the program in
//! the dump wrote down.

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{run, snapshots};

snapshots! {
    gcroot_static: "net10-x64-wks-all", "gcroot DUMP 7f2e51973608";
    gcroot_stack: "net10-x64-wks-all", "gcroot DUMP 7f2e519751e0 -all";
    gcroot_conservative: "core21-x86-wks-all", "gcroot DUMP 1fb0d4c";
    gcroot_no_stacks: "net10-x64-wks-all", "gcroot DUMP 7f2e51975180 -nostacks";
    gcroot_long: "net10-x64-wks-all", "gcroot DUMP 7f2e518727c0";
    gcroot_several: "net10-x64-wks-all", "gcroot DUMP 7f2e51975418 7f2e51973bd0 --format csv";
    gcroot_type: "net10-x64-wks-all", "gcroot DUMP -type Zoo.Target -limit 6";
    pathto_text: "net10-x64-wks-all", "pathto DUMP 7f2e51972b28 7f2e51971ac8";
    pathto_none: "net10-x64-wks-all", "pathto DUMP 7f2e51971ac8 7f2e51972b28";
    objsize_text: "net10-x64-wks-all", "objsize DUMP 7f2e51972b28";
    retained_objects: "net9-x64-case003", "retained DUMP --top 6";
    retained_lists: "net10-x64-wks-all", "retained DUMP --top 4";
    retained_set: "net10-x64-wks-all", "retained DUMP 7f2e51972b58 7f2e51972b28";
    retained_statics: "net9-x64-case003", "retained DUMP --by static --top 4";
    retained_types_csv: "net9-x64-case003", "retained DUMP --by type --top 4 --format csv";
    retained_modules: "net9-x64-case003", "retained DUMP --by module --top 4";
    dominators_text: "net9-x64-case003", "dominators DUMP --depth 4 --top 2";
    gchandles_counts: "net10-x64-wks-all", "gchandles DUMP -stat";
    gchandles_pinned: "core21-x86-wks-all", "gchandles DUMP -type pinned";
    finalizequeue_blocked: "net6-x64-case004", "finalizequeue DUMP";
    finalizequeue_retained: "net6-x64-case004", "finalizequeue DUMP -retained";
    finalizequeue_text: "net9-x64-case003", "finalizequeue DUMP";
    finalizequeue_all_ready: "core21-x86-wks-all", "fq DUMP -allReady -stat";
    dumpheap_dead: "net9-x64-case003", "dumpheap DUMP -dead -stat";
    dumpheap_live: "net9-x64-case003", "dumpheap DUMP -live -stat -type Cases.";
    gcheapstat_unreachable: "core21-x86-wks-all", "gcheapstat DUMP -unreachable";
    gcheapstat_regions_csv: "net9-x64-case003", "gcheapstat DUMP --format csv";
    ephrefs_text: "net8-x64-case005", "ephrefs DUMP";
    ephtoloh_text: "core21-x86-wks-all", "ephtoloh DUMP";
    not_reachable: "net9-x64-case003", "notreachableinrange DUMP 1185a90 1185b30 -nofinalizer";
    finalizequeue_csv: "net10-x64-wks-all", "fq DUMP --format csv";
}

/// The data alone: what the envelope says of the layout changes as more of it is known.
#[test]
fn gcroot_json() {
    let text = run("net10-x64-wks-all", "gcroot DUMP 7f2e51973c08 --format json").redacted();
    let (_, data) = text.split_once("\n  \"data\": ").expect("an envelope");
    insta::assert_snapshot!(data);
}

#[test]
fn an_object_that_nothing_holds_is_unrooted_and_that_is_an_exit_code() {
    for (which, expected) in [("dead", 1), ("live", 0)] {
        let listed = run("net8-x64-case005", &format!("dumpheap DUMP -short -{which}")).stdout;
        for address in listed.lines().take(5) {
            let answer = run("net8-x64-case005", &format!("gcroot DUMP {address}"));
            assert_eq!(answer.code, expected, "{which} {address}: {}", answer.stdout);
        }
        assert!(listed.lines().count() > 5, "{listed}");
    }
}

#[test]
fn without_time_or_memory_nothing_is_called_unrooted() {
    let line = "gcroot DUMP 7f2e518727c0 --format json";
    for limit in ["--timeout 0s", "--memory 1k", "--memory 1M"] {
        let answer = run("net10-x64-wks-all", &format!("{line} {limit}"));
        assert_eq!(answer.code, 4, "{limit}: {} {}", answer.stdout, answer.stderr);
        assert!(!answer.stdout.contains("false"), "{limit}: {}", answer.stdout);
    }
}

/// The local variable of a thread is the only one of these that stacks alone keep.
#[test]
fn merged_paths_call_nothing_unrooted_without_the_stacks() {
    let answer = run("net10-x64-wks-all", "gcroot DUMP -type Zoo.Target -nostacks --format json");
    assert_eq!((answer.code, &answer.json()["data"]["unreachable"]), (4, &Value::Null));
    let whole = run("net10-x64-wks-all", "gcroot DUMP -type Zoo.Target --format json");
    assert_eq!((whole.code, &whole.json()["data"]["unreachable"]), (0, &Value::from(0)));
}

#[test]
fn what_is_retained_has_the_name_of_who_retains_it() {
    for (by, key) in [("static", "static"), ("type", "type"), ("module", "name"), ("alc", "name")] {
        let line = format!("retained DUMP --by {by} --top 3 --format json");
        let rows = run("net9-x64-case003", &line).json()["data"]["retained"].clone();
        for row in rows.as_array().expect("rows") {
            assert!(row[key].as_str().is_some_and(|name| !name.is_empty()), "{row}");
            assert!(row.get("address").is_none(), "{row}");
        }
    }
    // One object is as in the list of all.
    let rows = |options: &str| {
        let line = format!("retained DUMP{options} --format json");
        run("net9-x64-case003", &line).json()["data"]["retained"].clone()
    };
    let first = &rows(" --top 1")[0];
    let address = first["address"].as_str().expect("an address");
    assert_eq!(&rows(&format!(" {address}"))[0], first);
}

/// Objects and bytes that a statistic counts.
fn counted(options: &str) -> (u64, u64) {
    let answer = run("net9-x64-case003", &format!("dumpheap DUMP -stat --format json{options}"));
    let data = &answer.json()["data"];
    let number = |key: &str| data[key].as_u64().unwrap_or_else(|| panic!("{key}: {data}"));
    (number("objects"), number("bytes"))
}

#[test]
fn what_is_alive_what_is_dead_and_what_is_free_are_all_there_is() {
    let (all, live, dead) = (counted(""), counted(" -live"), counted(" -dead"));
    let free = counted(" -type Free");
    assert_eq!(all.0, live.0 + dead.0 + free.0);
    assert_eq!(all.1, live.1 + dead.1 + free.1);
    assert!(live.0 > 0 && dead.0 > 0);
}

/// Of an object: its root's kind, the field or kind of handle, the method.
type Held = (&'static str, &'static str, &'static str);

#[test]
fn what_the_program_holds_has_a_path_with_kind_field_and_method() {
    let expected = |key: &str| -> Held {
        match key {
            "leak.last" => ("static", "Zoo.LeakyCache.Last", ""),
            _ if key.starts_with("leak.") => ("static", "Zoo.LeakyCache.entries", ""),
            "dynasm.first" => ("static", "Zoo.DynamicAssemblies.Instances", ""),
            "dynasm.collectible0" => ("static", "Zoo.DynamicAssemblies.Collectible", ""),
            "heap.large0" => ("static", "Zoo.HeapShapes.Large", ""),
            "heap.poh" => ("static", "Zoo.HeapShapes.Pinned", ""),
            "graph.cycle" => ("static", "Zoo.Graph.CycleA", ""),
            _ if key.starts_with("graph.chain") => ("static", "Zoo.Graph.Head", ""),
            _ if key.starts_with("graph.diamond") => ("static", "Zoo.Graph.Top", ""),
            _ if key.starts_with("types.") => ("static", "Zoo.Types.All", ""),
            "finq.registered0" => ("static", "Zoo.Holder.Registered", ""),
            "roots.static" => ("static", "Zoo.Roots.Static", ""),
            "roots.genericStaticInt" => ("static", "Zoo.GenericStatics<System.Int32>.Root", ""),
            "roots.genericStaticString" => ("static", "Zoo.GenericStatics<System.String>.Root", ""),
            "roots.staticStruct" => ("static", "Zoo.Roots.StaticPair", ""),
            "roots.subscriber" | "roots.behindEvent" | "roots.deep" => {
                ("static", "Zoo.Roots.Events", "")
            }
            "roots.async" => ("static", "Zoo.Roots.Pending", ""),
            "roots.dependent" => ("static", "Zoo.Roots.dependentKey", ""),
            "roots.locked" => ("static", "Zoo.Roots.syncLocked", ""),
            "roots.threadStatic" => ("threadstatic", "Zoo.Roots.threadStatic", ""),
            "roots.strongHandle" => ("handle", "strong handle", ""),
            "roots.pinnedHandle" => ("handle", "pinned handle", ""),
            "roots.stackLocal" | "roots.behindStackLocal" => {
                ("stack", "stack slot rbp-", "Zoo.Roots.ParkWithLocal()")
            }
            "roots.behindInterior" => ("stack", "stack slot rbp-", "Zoo.Roots.ParkWithInterior()"),
            "roots.exception" => ("stack", "stack slot rbp-", "Zoo.Roots.ParkInCatch()"),
            _ => panic!("{key} is not expected"),
        }
    };
    let dump = corpus::dump("net10-x64-wks-all").expect("it is in testdata");
    let truth = dump.truth().expect("it has a truth");
    let keys = truth.as_object().expect("keys").keys();
    let keys = keys.filter_map(|key| key.strip_prefix("address."));
    let objects: Vec<_> = keys
        .filter_map(|key| Some((key, dump.truth_address(&format!("address.{key}"))?)))
        .collect();
    let addresses: String = objects.iter().map(|(_, at)| format!(" {at:x}")).collect();
    let answer = run("net10-x64-wks-all", &format!("gcroot DUMP{addresses} --format json")).json();
    let answers = answer["data"]["objects"].as_array().expect("objects");
    assert_eq!((answers.len(), objects.len()), (59, 59));
    for ((key, address), answer) in objects.into_iter().zip(answers) {
        let (kind, detail, method) = expected(key);
        assert_eq!(answer["object"]["address"], format!("{address:#x}"), "{key}");
        assert_eq!(answer["reachable"], true, "{key}");
        let root = &answer["paths"][0]["root"];
        let text = |name: &str| root[name].as_str().unwrap_or_default();
        assert_eq!((text("kind"), text("frame")), (kind, method), "{key}: {root}");
        assert!(text("detail").starts_with(detail), "{key}: {root}");
        assert_eq!(root["exact"], true, "{key}: {root}");
        assert_eq!(root["thread"].is_number(), kind.contains("thread") || kind == "stack", "{key}");
        if kind == "stack" {
            assert_eq!(text("register"), "rbp", "{key}: {root}");
            assert!(root["offset"].as_i64().is_some_and(|offset| offset < 0), "{key}: {root}");
            assert_ne!(text("address"), "0x0", "{key}: {root}");
        }
    }
}
