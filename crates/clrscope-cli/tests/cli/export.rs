//! `export`: the files say what the verbs say.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{Array, RecordBatch};
use clrscope_testkit::corpus;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::harness::{run, run_in};

const DUMP: &str = "net10-x64-wks-all";

/// The rows of a table of a dump, in batches.
fn read(folder: &Path, table: &str, dump: &str) -> Vec<RecordBatch> {
    let path = folder.join(table).join(format!("dump={dump}")).join("part-0.parquet");
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a Parquet file");
    let batches = reader.build().expect("a reader");
    batches.collect::<Result<_, _>>().expect("rows")
}

/// Numbers of a column.
fn numbers<'a>(batches: &'a [RecordBatch], column: &'a str) -> impl Iterator<Item = u64> + 'a {
    batches.iter().flat_map(move |batch| {
        let column = batch.column_by_name(column).expect("the column");
        column.as_primitive::<UInt64Type>().values().iter().copied().collect::<Vec<_>>()
    })
}

/// Texts of a column.
fn texts<'a>(batches: &'a [RecordBatch], column: &'a str) -> impl Iterator<Item = String> + 'a {
    batches.iter().flat_map(move |batch| {
        let column = batch.column_by_name(column).expect("the column").as_string::<i32>();
        (0..column.len()).map(|row| column.value(row).to_owned()).collect::<Vec<_>>()
    })
}

/// Count and bytes by method table and name.
type Types = BTreeMap<(u64, String), (u64, u64)>;

#[test]
fn files_have_the_rows_and_the_sums_of_the_verbs() {
    let folder = tempfile::tempdir().expect("a folder");
    let dump = corpus::dump(DUMP).expect("it is in testdata");
    let path = dump.path().to_str().expect("a path");
    let line = ["export", path, "--parquet", "fleet", "--name", "first", "--format", "json"];
    let answer = run_in(folder.path(), &line);
    assert_eq!((answer.code, answer.stderr.as_str()), (0, ""));
    let fleet = folder.path().join("fleet");
    let answer = answer.json();
    let listed: BTreeMap<&str, u64> = answer["data"]["files"]
        .as_array()
        .expect("files")
        .iter()
        .map(|file| (file["table"].as_str().expect("a name"), file["rows"].as_u64().expect("rows")))
        .collect();
    let rows = |batches: &[RecordBatch]| batches.iter().map(|b| b.num_rows() as u64).sum::<u64>();

    let stat = run(DUMP, "dumpheap DUMP -stat --format json").json();
    let expected: Types = stat["data"]["types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|ty| {
            let mt = ty["mt"].as_str().and_then(|mt| u64::from_str_radix(&mt[2..], 16).ok());
            let name = ty["name"].as_str().expect("a name").to_owned();
            let number = |key: &str| ty[key].as_u64().expect("a number");
            ((mt.expect("an address"), name), (number("count"), number("bytes")))
        })
        .collect();
    let types = read(&fleet, "types", "first");
    let counts = numbers(&types, "count").zip(numbers(&types, "bytes"));
    let written: Types = numbers(&types, "mt").zip(texts(&types, "name")).zip(counts).collect();
    assert_eq!(written, expected);

    let objects = read(&fleet, "objects", "first");
    let mut counted = Types::new();
    let named = numbers(&objects, "mt").zip(texts(&objects, "type"));
    for (ty, bytes) in named.zip(numbers(&objects, "bytes")) {
        let sums = counted.entry(ty).or_default();
        *sums = (sums.0 + 1, sums.1 + bytes);
    }
    assert_eq!(counted, expected);
    assert_eq!(Value::from(rows(&objects)), stat["data"]["objects"]);
    assert_eq!(Value::from(numbers(&objects, "bytes").sum::<u64>()), stat["data"]["bytes"]);

    let strings = read(&fleet, "strings", "first");
    let of_strings = expected.iter().find(|((_, name), _)| name == "System.String");
    let sums = (rows(&strings), numbers(&strings, "bytes").sum::<u64>());
    assert_eq!(of_strings.map(|(_, sums)| *sums), Some(sums));
    let said = run(DUMP, "strings DUMP -dup --top 1 --format json").json();
    let most = &said["data"]["groups"][0];
    let same = texts(&strings, "value").filter(|value| most["value"] == value.as_str()).count();
    assert_eq!(most["count"], Value::from(same));

    for table in ["references", "roots"] {
        let batches = read(&fleet, table, "first");
        assert_eq!(listed[table], rows(&batches), "{table}");
        let sql = match table {
            "roots" => "SELECT count(*) AS n, sum(object % 65536) AS x FROM roots",
            _ => {
                "SELECT count(*) AS n, sum(target % 65536) AS x FROM refs WHERE source IS NOT NULL"
            }
        };
        let asked = run_in(folder.path(), &["query", path, sql, "--format", "json"]).json();
        let column = if table == "roots" { "object" } else { "target" };
        let sum: u64 = numbers(&batches, column).map(|address| address % 65536).sum();
        let asked = &asked["data"]["rows"][0];
        assert_eq!((&asked["n"], &asked["x"]), (&Value::from(rows(&batches)), &Value::from(sum)));
    }
    assert_eq!(listed["objects"], rows(&objects));
}

#[test]
fn dumps_stand_beside_each_other_and_a_second_export_replaces_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    for dump in ["net8-x64-case005", "net9-x64-case003", "net8-x64-case005"] {
        let dump = corpus::dump(dump).expect("it is in testdata");
        let path = dump.path().to_str().expect("a path");
        let line = ["export", path, "--parquet", ".", "--table", "types"];
        let run = run_in(folder.path(), &line);
        assert_eq!(run.code, 0, "{}", run.stderr);
    }
    let folders = fs::read_dir(folder.path().join("types")).expect("the folder of the table");
    let mut folders: Vec<String> = folders
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    folders.sort();
    assert_eq!(folders, ["dump=net8-x64-case005.dmp", "dump=net9-x64-case003.dmp"]);
    let files = fs::read_dir(folder.path().join("types").join(&folders[0])).expect("its files");
    assert_eq!(files.count(), 1);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn an_export_that_cannot_be_leaves_no_half_file() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("taken"), "").expect("it is written");
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let path = dump.path().to_str().expect("a path");
    let run = run_in(folder.path(), &["export", path, "--parquet", "taken"]);
    assert_eq!((run.code, run.stderr.lines().count()), (2, 1), "{}", run.stderr);
    assert!(run.stderr.contains("taken"), "{}", run.stderr);
    let timed = ["export", path, "--parquet", "late", "--timeout", "1ns"];
    assert_eq!(run_in(folder.path(), &timed).code, 4);
    for bad in [&["export", path][..], &["export", path, "--parquet", "x", "--table", "nothing"]] {
        assert_eq!(run_in(folder.path(), bad).code, 2, "{bad:?}");
    }
    assert!(!folder.path().join("late").exists() && !folder.path().join("x").exists());
}
