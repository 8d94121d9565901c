//! Async methods, the thread pool, timers.

use crate::harness::{run, snapshots};

snapshots! {
    dumpasync_text: "net8-x64-case005", "dumpasync DUMP -fields -roots";
    dumpasync_x86: "core21-x86-wks-all", "dumpasync DUMP -tasks -completed -each";
    dumpasync_stats: "net10-x64-wks-all", "dumpasync DUMP -stats -tasks";
    dumpasync_tsv: "net8-x64-case005", "dumpasync DUMP --format tsv";
    threadpool_portable: "net8-x64-case005", "threadpool DUMP -wi";
    threadpool_native: "core31-x64-case000", "threadpool DUMP";
    threadpool_x86: "core21-x86-wks-all", "threadpool DUMP";
    threadpool_unused: "net10-x64-wks-all", "threadpool DUMP";
    threadpool_unknown: "net8-x64-mini", "threadpool DUMP";
    tpq_empty: "net8-x64-case005", "threadpoolqueue DUMP";
    tpq_none: "net8-x64-private", "tpq DUMP";
    timerinfo_text: "net10-x64-wks-all", "timerinfo DUMP";
    timerinfo_x86: "core21-x86-wks-all", "ti DUMP -stat";
    timerinfo_csv: "net10-x64-wks-all", "timerinfo DUMP --format csv";
    timerinfo_none: "net8-x64-case005", "timerinfo DUMP";
    taskstate_task: "net8-x64-case005", "taskstate DUMP 7f2e3640d750";
    taskstate_flags: "net8-x64-case005", "tks DUMP --value 0x1000000";
    dumpasync_unknown: "net8-x64-private", "dumpasync DUMP";
    dumphttp_unknown: "net8-x64-private", "dumphttp DUMP";
    dumphttp_none: "net8-x64-case005", "dumphttp DUMP";
}

#[test]
fn who_waits_for_an_async_method_without_await_is_named() {
    let answer = run("net8-x64-case005", "dumpasync DUMP --format json").json();
    let data = &answer["data"];
    assert_eq!(data["running_methods"], 1);
    let frames = data["stacks"][0]["frames"].as_array().expect("frames");
    let convert = frames.iter().find(|frame| frame["method"] == "Cases.Bank.Convert");
    let convert = convert.expect("it has not ended");
    assert_eq!((&convert["await_number"], &convert["depth"]), (&0.into(), &1.into()));
    let waits = run("net8-x64-case005", "dlk DUMP --format json").json();
    let wait = &waits["data"]["task_waits"][0];
    assert_eq!(convert["waiting_thread"]["os_id"], wait["os_id"]);
    assert_eq!(convert["address"], wait["tasks"][0]["address"]);
}

#[test]
fn stacks_are_chosen_by_what_is_in_them() {
    let stacks = |line: &str| {
        let answer = run("net8-x64-case005", &format!("dumpasync DUMP --format json {line}"));
        answer.json()["data"]["stacks"].as_array().expect("stacks").len()
    };
    assert_eq!(stacks("-type Convert"), 1);
    assert_eq!(stacks("-type Nothing"), 0);
    // The task at the top, and one that nobody waits for.
    assert_eq!(stacks("-addr 7f2e3640b3e8"), 1);
    assert!(stacks("-tasks") > 1);
}

#[test]
fn the_pool_has_its_limits_and_its_workers() {
    let answer = run("net8-x64-case005", "threadpool DUMP --format json").json();
    let (pool, threads) = (&answer["data"]["pool"], &answer["data"]["threads"]);
    assert_eq!(
        (&pool["kind"], &pool["min"], &pool["max"]),
        (&"portable".into(), &2.into(), &32767.into())
    );
    let workers = threads.as_array().expect("threads");
    // Threads that are about to end are no longer counted; one looks after the others.
    let counted = pool["workers"].as_u64().expect("a number");
    assert!((1..workers.len() as u64).contains(&counted), "{counted}");
    assert!(workers.iter().any(|thread| thread["waits_for"]["kind"] == "task"));
}

#[test]
fn every_timer_of_the_heap_that_is_set_is_in_a_queue() {
    for dump in ["net10-x64-wks-all", "core21-x86-wks-all"] {
        let answer = run(dump, "timerinfo DUMP --format json").json();
        let timers = answer["data"]["timers"].as_array().expect("timers").clone();
        let heap = run(dump, "dumpheap DUMP -type System.Threading.TimerQueueTimer -short").stdout;
        assert_eq!(timers.len(), heap.lines().count(), "{dump}: {heap}");
        assert!(timers.iter().all(|timer| timer["method"].is_string()), "{timers:?}");
    }
}

#[test]
fn what_is_no_task_is_1() {
    let run = run("net8-x64-case005", "taskstate DUMP 7f2e3640b3d0");
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("is no task"), "{}", run.stderr);
}
