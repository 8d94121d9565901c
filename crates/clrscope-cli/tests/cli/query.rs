//! `query`: what SQL says is what the verbs say; what it may not do it cannot.

use clrscope_testkit::corpus;
use serde_json::{Map, Value, json};

use crate::harness::{Run, run, run_in};

/// Runs a query on a dump of `testdata/`.
fn query(dump: &str, sql: &str, options: &[&str]) -> Run {
    let dump = corpus::dump(dump).expect("it is in testdata");
    let path = dump.path().to_str().expect("a path");
    let arguments = ["query", path, sql].into_iter().chain(options.iter().copied());
    run_in(&std::env::temp_dir(), &arguments.collect::<Vec<_>>())
}

/// The rows of a query's answer.
fn rows(dump: &str, sql: &str) -> Vec<Value> {
    let run = query(dump, sql, &["--format", "json"]);
    assert_eq!(run.code, 0, "{sql}: {}", run.stderr);
    run.json()["data"]["rows"].as_array().expect("rows").clone()
}

/// The entries of a verb's answer at `path`, with some of their keys.
fn entries(dump: &str, verb: &str, path: &str, keys: &[&str]) -> Vec<Value> {
    let run = run(dump, &format!("{verb} --format json"));
    assert_eq!(run.code, 0, "{verb}: {}", run.stderr);
    let answer = run.json();
    let entries = answer["data"].pointer(path).and_then(Value::as_array).expect("entries");
    let keep = |entry: &Value| {
        let kept = keys.iter().map(|&key| (key.to_owned(), entry[key].clone()));
        Value::Object(kept.collect::<Map<_, _>>())
    };
    entries.iter().map(keep).collect()
}

fn assert_same(dump: &str, sql: &str, verb: &str, path: &str, keys: &[&str]) {
    let (ours, theirs) = (rows(dump, sql), entries(dump, verb, path, keys));
    assert!(!theirs.is_empty(), "{verb}");
    assert_eq!(ours.len(), theirs.len(), "{sql}");
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(ours, theirs, "{sql}");
    }
}

const DUMP: &str = "net10-x64-wks-all";

macro_rules! same_answers {
    ($($name:ident: $sql:literal is $verb:literal at $path:literal with $keys:expr;)*) => {
        $(#[test]
        fn $name() {
            assert_same(DUMP, $sql, $verb, $path, &$keys);
        })*
    };
}

same_answers! {
    objects_by_type:
        "SELECT mt, type AS name, assembly AS module, count(*) AS count, sum(bytes) AS bytes FROM objects
         GROUP BY mt ORDER BY bytes, mt"
        is "dumpheap DUMP -stat" at "/types" with ["mt", "name", "module", "count", "bytes"];
    types_by_count:
        "SELECT mt, name, count, bytes FROM types ORDER BY bytes, mt"
        is "dumpheap DUMP -stat" at "/types" with ["mt", "name", "count", "bytes"];
    objects_of_a_type:
        "SELECT address, mt, type AS name, bytes, generation FROM objects WHERE type = 'Zoo.CacheEntry' LIMIT 50000"
        is "dumpheap DUMP -type Zoo.CacheEntry -max 56" at "/objects"
        with ["address", "mt", "name", "bytes", "generation"];
    dead_objects:
        "SELECT address, type AS name, bytes FROM objects WHERE alive = 0"
        is "dumpheap DUMP -dead" at "/objects" with ["address", "name", "bytes"];
    what_retains_most:
        "SELECT address, type AS name, bytes AS shallow, retained, retained_count FROM retained
         ORDER BY retained DESC, address LIMIT 8"
        is "retained DUMP --top 8 --links" at "/retained"
        with ["address", "name", "shallow", "retained", "retained_count"];
    handles_of_the_collector:
        "SELECT address, kind, object, type AS name, bytes, dependent FROM handles"
        is "gchandles DUMP" at "/handles"
        with ["address", "kind", "object", "name", "bytes", "dependent"];
    handles_of_the_system:
        "SELECT type AS name, count(*) AS count FROM os_handles GROUP BY type ORDER BY type"
        is "handles DUMP -s" at "/types" with ["name", "count"];
    threads:
        "SELECT os_id, managed_id, name, purpose, state, address, object, gc_mode, apartment FROM threads"
        is "threads DUMP" at "/threads"
        with ["os_id", "managed_id", "name", "purpose", "state", "address", "object", "gc_mode", "apartment"];
    frames:
        "SELECT kind, ip, sp, method, module, how FROM frames WHERE managed_id = 1"
        is "clrstack DUMP -managed 1" at "/threads/0/frames"
        with ["kind", "ip", "sp", "method", "module", "how"];
    static_fields:
        "SELECT type, name, kind, thread, address, object, value FROM statics"
        is "statics DUMP" at "/fields"
        with ["type", "name", "kind", "thread", "address", "object", "value"];
    strings_by_content:
        "SELECT value, count, bytes FROM
         (SELECT value, count(*) AS count, sum(bytes) AS bytes, sum(bytes) - sum(bytes) / count(*) AS wasted
          FROM strings GROUP BY value ORDER BY wasted DESC LIMIT 5)
         ORDER BY wasted, bytes"
        is "strings DUMP -dup --top 5" at "/groups" with ["value", "count", "bytes"];
    segments:
        "SELECT kind, address, start, \"end\", committed_end, reserved_end FROM segments
         ORDER BY CASE kind WHEN 'loh' THEN 'y' WHEN 'poh' THEN 'ya' WHEN 'frozen' THEN 'z' ELSE kind END, start"
        is "eeheap DUMP -gc" at "/heaps/0/segments"
        with ["kind", "address", "start", "end", "committed_end", "reserved_end"];
    emitted_assemblies:
        "SELECT assembly AS address, name, collectible, origin FROM assemblies WHERE dynamic = 1"
        is "dynamic DUMP" at "/assemblies" with ["address", "name", "collectible", "origin"];
    modules:
        "SELECT base, bytes, path AS name, version FROM modules"
        is "info DUMP" at "/modules" with ["base", "bytes", "name", "version"];
}

#[test]
fn a_row_is_found_by_its_address_as_by_looking_at_all() {
    for table in ["objects", "strings", "retained"] {
        let all = rows(DUMP, &format!("SELECT * FROM {table}"));
        let step = all.len() / 40;
        for row in all.iter().step_by(step.max(1)) {
            let at = row["address"].as_str().expect("an address");
            let one = rows(DUMP, &format!("SELECT * FROM {table} WHERE address = {at}"));
            assert_eq!(one, std::slice::from_ref(row));
        }
        let sql = format!(
            "SELECT * FROM {table} WHERE address BETWEEN 0x7f2e51980000 AND 0x7f2e51990000"
        );
        let inside = all.iter().filter(|row| {
            let at = row["address"].as_str().expect("an address");
            ("0x7f2e51980000"..="0x7f2e51990000").contains(&at)
        });
        assert_eq!(rows(DUMP, &sql), inside.cloned().collect::<Vec<_>>());
    }
}

#[test]
fn references_are_the_same_from_both_ends() {
    let sql = "SELECT count(*) AS n FROM refs r JOIN objects o ON o.address = r.source
               WHERE o.type = 'Zoo.Link'";
    let forward = rows(DUMP, sql);
    assert!(forward[0]["n"].as_i64() > Some(1000), "{forward:?}");
    let scanned = rows(DUMP, "SELECT count(*) AS n FROM refs WHERE source_type = 'Zoo.Link'");
    assert_eq!(forward, scanned);
    let to = rows(
        DUMP,
        "SELECT target, count(*) AS n FROM refs GROUP BY target ORDER BY n DESC LIMIT 1",
    );
    let target = to[0]["target"].as_str().expect("an address");
    let found = rows(DUMP, &format!("SELECT count(*) AS n FROM refs WHERE target = {target}"));
    assert_eq!(found[0]["n"], to[0]["n"]);
}

#[test]
fn a_query_changes_nothing_and_reaches_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let dump = dump.path().to_str().expect("a path");
    for sql in [
        "ATTACH 'x.db' AS x",
        "CREATE TABLE x(y)",
        "CREATE TEMP TABLE x(y)",
        "DELETE FROM objects",
        "UPDATE objects SET bytes = 0",
        "VACUUM INTO 'x.db'",
        "PRAGMA temp_store_directory = '.'",
        "SELECT load_extension('x')",
        "SELECT 1; DELETE FROM objects",
        "BEGIN",
        "SELECT nothing FROM objects",
        "",
    ] {
        let run = run_in(folder.path(), &["query", dump, sql]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{sql}: {}", run.stderr);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn queries_come_from_files_and_take_parameters() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("q.sql");
    std::fs::write(&file, "SELECT count(*) AS n FROM objects\nWHERE type = :type AND bytes >= ?2;")
        .expect("it is written");
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let dump = dump.path().to_str().expect("a path");
    let file = file.to_str().expect("a path");
    let options = ["--file", file, "-p", "type=Cases.Account", "--format", "csv"];
    let line = ["query", dump].into_iter().chain(options).collect::<Vec<_>>();
    let run = run_in(folder.path(), &line);
    // The second parameter has no value: nothing is as large as nothing.
    assert_eq!((run.code, run.stdout.as_str()), (0, "n\n0\n"), "{}", run.stderr);
    let sql = "SELECT count(*) AS n FROM objects WHERE type = ? AND bytes >= ?";
    let run =
        query("net8-x64-case005", sql, &["-p", "Cases.Account", "-p", "0x10", "--format", "csv"]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "n\n2\n"), "{}", run.stderr);
    let run = query("net8-x64-case005", sql, &["-p", "a=b"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
}

#[test]
fn a_time_limit_stops_a_query() {
    let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c";
    let count = format!("SELECT count(*) FROM ({endless})");
    let run = query("net8-x64-case005", &count, &["--timeout", "300ms"]);
    assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{}", run.stderr);
    let run = query("net8-x64-case005", endless, &["--timeout", "300ms", "--format", "csv"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stdout.starts_with("x\n1\n2\n"));
    assert!(run.stderr.contains("the time limit passed"), "{}", run.stderr);
    let run = query("net8-x64-case005", endless, &["--memory", "1M", "--format", "json"]);
    assert_eq!((run.code, &run.json()["complete"]), (4, &json!(false)));
}

#[test]
fn answers_have_every_form() {
    let sql = "SELECT address, bytes, free, NULL AS none, -1.5 AS half, type, type FROM objects
               WHERE type = 'Cases.Account'";
    insta::assert_snapshot!(query("net8-x64-case005", sql, &[]).stdout);
    insta::assert_snapshot!(query("net8-x64-case005", sql, &["--format", "tsv"]).stdout);
    let run = query("net8-x64-case005", sql, &["--format", "json"]);
    insta::assert_json_snapshot!(run.json()["data"]);
}

#[test]
fn the_schema_is_listed() {
    let all = query("net8-x64-case005", ".schema", &["--format", "json"]).json();
    let tables = all["data"]["tables"].as_array().expect("tables");
    let names: Vec<&str> = tables.iter().filter_map(|table| table["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "objects",
            "types",
            "fields",
            "refs",
            "roots",
            "handles",
            "os_handles",
            "threads",
            "frames",
            "strings",
            "modules",
            "assemblies",
            "segments",
            "regions",
            "statics",
            "retained"
        ]
    );
    let short = query("net8-x64-case005", ".tables", &["--format", "csv"]);
    let listed: Vec<&str> =
        short.stdout.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert_eq!((short.code, listed), (0, names));
    let objects = &all["data"]["tables"][0]["columns"];
    assert_eq!(objects[0]["found_by"], json!(["=", "range", "order"]));
    assert_eq!(objects[1]["found_by"], json!(["=", "group"]));
    let text = query("net8-x64-case005", ".tables", &[]).stdout;
    assert!(text.contains("\nobjects    address, mt, type,"), "{text}");
    for wrong in [".tables x", ".schemata", ".quit", "."] {
        assert_eq!(query("net8-x64-case005", wrong, &[]).code, 2, "{wrong}");
    }
    let one = query("net8-x64-case005", ".schema strings", &[]);
    assert_eq!((one.code, one.stdout.matches("CREATE TABLE").count()), (0, 1));
    assert_eq!(query("net8-x64-case005", ".schema nothing", &[]).code, 1);
    assert_eq!(run("net8-x64-mini", "query DUMP --schema").code, 0);
}

#[test]
fn a_dump_without_the_heap_answers_what_it_can() {
    let run = query("net8-x64-mini", "SELECT count(*) FROM objects", &[]);
    assert_eq!((run.code, run.stdout.as_str()), (3, ""));
    assert!(run.stderr.contains("no heap memory"), "{}", run.stderr);
    let run = query("net8-x64-private", "SELECT count(*) FROM objects", &[]);
    assert_eq!(run.code, 4, "{}", run.stderr);
}

/// Where roots may be missing, what was not reached is not said to be dead.
#[test]
fn what_is_alive_is_null_where_nobody_knows() {
    let counted = |dump: &str| {
        let sql = "SELECT alive, count(*) AS count FROM objects WHERE NOT free GROUP BY alive";
        let answer = query(dump, sql, &["--format", "json"]).json();
        let rows = answer["data"]["rows"].as_array().expect("rows").clone();
        rows.iter().map(|row| row["alive"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(counted("net10-x64-wks-all"), [json!(false), json!(true)]);
    assert_eq!(counted("net8-x64-private"), [Value::Null, json!(true)]);
}
