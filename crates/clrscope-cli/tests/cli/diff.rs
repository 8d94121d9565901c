//! `diff` on real dumps: of one process with itself, across runtimes, and of one that leaks.

use clrscope_testkit::corpus;
use serde_json::Value;

use crate::harness::{Run, run, run_in};

/// Compares dumps; `None` if one of them is not there.
fn diff(names: &[&str], options: &[&str]) -> Option<Run> {
    let dumps: Vec<_> = names.iter().map(|name| corpus::dump(name)).collect::<Option<_>>()?;
    let paths = dumps.iter().map(|dump| dump.path().to_str().expect("a path"));
    let mut words = vec!["diff"];
    words.extend(paths);
    words.extend(options);
    Some(run_in(&std::env::temp_dir(), &words))
}

fn rows<'a>(answer: &'a Value, part: &str) -> &'a [Value] {
    answer["data"][part].as_array().expect("a part")
}

const PARTS: [&str; 9] = [
    "types",
    "alive",
    "statics",
    "dynamic",
    "handles",
    "handle_owners",
    "ready",
    "strings",
    "account",
];

#[test]
fn a_dump_does_not_differ_from_itself() {
    for name in ["net10-x64-wks-all", "net8-x64-wks-all"] {
        let Some(run) = diff(&[name, name], &["--format", "json"]) else { continue };
        let answer = run.json();
        for part in PARTS {
            assert_eq!(answer["data"][part], serde_json::json!([]), "{part}");
        }
        assert_eq!(answer["data"]["verdict"]["leaks"], false);
        assert_eq!(answer["dumps"].as_array().map(Vec::len), Some(2));
        assert_eq!(answer["dumps"][0], answer["dump"]);
        assert_eq!(run.code, 0);
    }
}

/// The program is the same; so are the names and the numbers of its own objects.
#[test]
fn names_match_across_runtimes() {
    let pair = ["net8-x64-wks-all", "net9-x64-wks-all"];
    let Some(run) = diff(&pair, &["--format", "json", "--top", "0"]) else { return };
    let answer = run.json();
    let of_program = |part: &str| -> Vec<&Value> {
        let rows = rows(&answer, part).iter();
        rows.filter(|row| row["name"].as_str().is_some_and(|name| name.contains("Zoo."))).collect()
    };
    assert_eq!(of_program("types"), [&Value::Null; 0]);
    assert_eq!(of_program("alive"), [&Value::Null; 0]);
    assert_eq!(rows(&answer, "dynamic"), [Value::Null; 0]);
    assert_eq!(rows(&answer, "handle_owners"), [Value::Null; 0]);
    // Few types of the runtime itself have another name or another number of objects.
    assert!(rows(&answer, "types").len() < 80, "{}", rows(&answer, "types").len());
}

/// One process that leaks, dumped three times while it ran.
#[test]
fn a_series_names_what_leaks_and_what_holds_it() {
    let series = ["net9-x64-series-1", "net9-x64-series-2", "net9-x64-series-3"];
    let Some(run) = diff(&series, &["--format", "json"]) else { return };
    let answer = run.json();
    let verdict = &answer["data"]["verdict"];
    assert_eq!(verdict["leaks"], true);
    let grows = verdict["grows"].as_array().expect("a list");
    let names = |part: &str| -> Vec<&str> {
        let of_part = grows.iter().filter(|growth| growth["part"] == part);
        of_part.filter_map(|growth| growth["name"].as_str()).collect()
    };
    // The heap is torn, so that what is alive is not known, and all objects count.
    let types = names("types");
    assert_eq!(types.first(), Some(&"Zoo.LeakedSession"));
    for leaks in ["System.Threading.AutoResetEvent", "System.EventHandler", "Report"] {
        assert!(types.contains(&leaks), "{leaks}: {types:?}");
    }
    for steady in ["Cache", "Garbage", "Dictionary"] {
        assert!(!types.iter().any(|name| name.contains(steady)), "{steady}: {types:?}");
    }
    assert_eq!(names("statics"), ["Zoo.Grow.Sessions"]);
    assert_eq!(names("dynamic"), ["Report.Generated.* (unknown)"]);
    assert_eq!(names("handle_owners"), ["Event of Zoo.LeakedSession"]);
    assert!(names("handles").contains(&"Event"));
    // Torn dumps never make a complete answer.
    assert_eq!((run.code, &answer["complete"]), (4, &false.into()));
}

#[test]
fn memory_is_counted_as_the_account_counts_it() {
    let names = ["net10-x64-svr-case002", "net6-x64-case004"];
    let accounts = names.map(|name| run(name, "account DUMP --format json").json());
    let answer = diff(&names, &["--format", "json", "--top", "0"]).expect("in testdata").json();
    let rows = rows(&answer, "account");
    assert!(rows.len() > 8, "{rows:?}");
    for row in rows {
        for (number, account) in accounts.iter().enumerate() {
            let totals = account["data"]["totals"].as_array().expect("totals").iter();
            let mut totals = totals.filter(|total| total["class"] == row["name"]);
            let total = totals.next().map_or(0, |total| total["committed"].as_u64().unwrap_or(1));
            assert_eq!(row["bytes"][number], total, "{row}");
        }
    }
}

#[test]
fn rows_can_be_sorted_and_narrowed() {
    let pair = ["net10-x64-wks-all", "net9-x64-case003"];
    let names = |options: &[&str]| -> Vec<String> {
        let mut all = vec!["--format", "json"];
        all.extend(options);
        let answer = diff(&pair, &all).expect("they are in testdata").json();
        let rows = rows(&answer, "types").iter();
        rows.filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
    };
    let by_name = names(&["--sort", "name", "--top", "0"]);
    assert!(by_name.len() > 100 && by_name.is_sorted());
    assert_eq!(names(&["--top", "3"]).len(), 3);
    let large = names(&["-min", "1M", "--top", "0"]);
    assert!(!large.is_empty() && large.len() < by_name.len() / 10, "{large:?}");
    let text = diff(&pair, &["--top", "2"]).expect("they are in testdata");
    assert!(text.stdout.contains("What grows each time:"), "{}", text.stdout);
    let rows = diff(&pair, &["--top", "2", "--format", "csv"]).expect("they are in testdata");
    assert!(rows.stdout.starts_with("part,name,grows,count_1,count_2,bytes_1,bytes_2\n"));
}

#[test]
fn dumps_that_cannot_be_compared_are_refused() {
    assert_eq!(run("net10-x64-wks-all", "diff DUMP").code, 2);
    assert_eq!(run("net10-x64-wks-all", "diff DUMP DUMP DUMP DUMP").code, 2);
    let absent = run("net10-x64-wks-all", "diff DUMP no-such.dmp");
    assert_eq!((absent.code, absent.stdout.as_str()), (3, ""));
    let mini = diff(&["net10-x64-wks-all", "net8-x64-mini"], &[]).expect("they are in testdata");
    assert_eq!((mini.code, mini.stdout.as_str()), (3, ""));
    assert!(mini.stderr.contains("net8-x64-mini"), "{}", mini.stderr);
}
