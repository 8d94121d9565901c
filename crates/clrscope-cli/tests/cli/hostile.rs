//! Every verb on real dumps in which words of the runtime's structures, and of the records of threads, modules,
//! memory and regions, were overwritten: an answer or an error, soon, and never a panic.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use clrscope_testkit::corpus;
use clrscope_testkit::random::Random;

use crate::harness::run_in;

#[path = "../../../clrscope-diagnose/tests/support/overwrite.rs"]
mod overwrite;

/// How long one verb may take. A sound dump of these takes a tenth of a second.
const DEADLINE: Duration = Duration::from_secs(20);

/// Verbs that take no address.
const VERBS: &str = "\
info
diagnose
layout
account
address
address -summary
handles
handles -a
eeheap -gc -loader
dumpheap -stat
dumpheap -strings
dumpheap -thinlock
dumpheap -live -stat
gcheapstat -unreachable
verifyheap
strings -dup
ephrefs
ephtoloh
dumpexceptions
dumphttp
dominators
finalizequeue -retained
finalizequeue -allReady -stat
gchandles
retained
retained --by type
retained --by static
statics
statics -retained
assemblies
modules
dumpalc
dumpdomain
dumpruntimetypes
dynamic
dynamic -stat
name2ee *!System.String.*
clrstack -all -a
clrstack -gc
crashinfo
dlk
dso -all
dumpasync
dumpasync -stats -tasks -roots -fields
pe -all
pstacks
syncblk -all
threadpool -wi
threads
threads -special
timerinfo
tpq
gcroot -type System.String -limit 20
flamegraph -o f.svg
flamegraph --folded -o f.folded
treemap -o t.svg
export --parquet tables
diff BASE
check --rules rules.toml
";

/// Verbs that take an object.
const OF_OBJECT: &str = "\
do da dumpdelegate dcd dcq pe taskstate gcroot objsize retained gcwhere lno findappdomain dumpalc address dominators";

/// Types of objects that have a shape of their own.
const TYPES: [&str; 10] = [
    "%.ConcurrentDictionary<%>",
    "%.ConcurrentQueue<%>",
    "%.Dictionary<%>",
    "%.List<%>",
    "System.Action",
    "System.%Exception",
    "System.Threading.Tasks.Task%",
    "System.String",
    "%AssemblyLoadContext",
    "System.Object[]",
];

/// The lines of a query's answer, without the first.
fn rows(dump: &str, sql: &str) -> Vec<String> {
    let dump = corpus::dump(dump).expect("it is in testdata");
    let path = dump.path().to_str().expect("a path");
    let answer = run_in(&std::env::temp_dir(), &["query", path, sql, "--format", "tsv"]);
    assert_eq!(answer.code, 0, "{sql}: {}", answer.stderr);
    answer.stdout.lines().skip(1).map(String::from).collect()
}

/// What is asked of a dump, with addresses of what is in the sound one.
fn commands(dump: &str) -> Vec<String> {
    let base = corpus::dump(dump).expect("it is in testdata");
    let base = base.path().to_str().expect("a path").replace('\\', "/");
    let mut lines = VERBS.replace("BASE", &format!("'{base}'"));
    for table in rows(dump, ".tables") {
        let (table, _) = table.split_once('\t').expect("columns");
        let _ = writeln!(lines, "query \"SELECT * FROM {table} LIMIT 5000\" --format csv");
    }
    for name in TYPES {
        let sql = format!("SELECT address, mt FROM objects WHERE type LIKE '{name}' LIMIT 1");
        for row in rows(dump, &sql) {
            let (address, table) = row.split_once('\t').expect("columns");
            for verb in OF_OBJECT.split(' ') {
                let _ = writeln!(lines, "{verb} {address}");
            }
            let _ =
                writeln!(lines, "dumpmt -md {table}\ndumpclass {table}\ndumpvc {table} {address}");
            let _ = writeln!(lines, "notreachableinrange {address} {address}+4000");
        }
    }
    for row in rows(dump, "SELECT module, assembly FROM assemblies LIMIT 3") {
        let (module, assembly) = row.split_once('\t').expect("columns");
        let _ =
            writeln!(lines, "dumpmodule {module} -mt\ndumpil {module} 06000002\nip2md {module}");
        let _ = writeln!(lines, "dumpassembly {assembly}\ndumpdomain {assembly}");
    }
    for ip in rows(dump, "SELECT DISTINCT ip FROM frames WHERE kind = 'managed' LIMIT 5") {
        let _ = writeln!(lines, "ip2md {ip}\ndq {ip}\ndu {ip}");
    }
    lines.lines().map(String::from).collect()
}

/// Asks all of a shell in `folder`, and says which command was the last if it does not come to its end.
fn ask(folder: &Path, commands: &[String]) -> Result<(), String> {
    let mut shell = Command::new(env!("CARGO_BIN_EXE_clrscope"))
        .args(["shell", "damaged.dmp", "--no-progress"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut input = shell.stdin.take().expect("a pipe");
    let errors = BufReader::new(shell.stderr.take().expect("a pipe"));
    let (says, said) = mpsc::channel();
    std::thread::spawn(move || errors.lines().try_for_each(|line| says.send(line)));
    let mut last = Vec::new();
    for command in commands {
        last.clear();
        // The shell says that the second is no verb when it is done with the first. If it has ended, what
        // it said is told below.
        let _ = writeln!(input, "{command}\nno-verb");
        loop {
            match said.recv_timeout(DEADLINE) {
                Ok(Ok(line)) if line.contains("no-verb") => break,
                Ok(Ok(line)) => last.push(line),
                // Of a dump that cannot be opened, one line.
                _ if last.len() == 1
                    && shell.wait().is_ok_and(|status| status.code() == Some(3)) =>
                {
                    return Ok(());
                }
                Ok(Err(_)) | Err(_) => {
                    let _ = shell.kill();
                    return Err(format!("{command}: {}", last.join("\n")));
                }
            }
        }
        // Panics of other threads than the first.
        if let Some(panic) = last.iter().find(|line| line.contains("panicked")) {
            let _ = shell.kill();
            return Err(format!("{command}: {panic}"));
        }
    }
    drop(input);
    let _ = shell.wait();
    Ok(())
}

/// Overwrites words of a dump in a few ways, and asks everything of each. `HOSTILE_SEEDS=20..50` asks for others.
fn survives(dump: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = corpus::dump(dump).expect("it is in testdata");
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/ci.toml");
    fs::copy(rules, folder.path().join("rules.toml")).expect("it is there");
    let commands = commands(dump);
    let mut process = overwrite::Process::new(sound.bytes());
    let mut failures = Vec::new();
    for seed in seeds() {
        let mut random = Random::new(seed);
        let mut edits: Vec<u8> = (0..32 * 8).map(|_| random.next() as u8).collect();
        if seed % 2 == 1 {
            // All in one place, by the numbers that choose it.
            let (place, more) = (random.next() as u8, random.next() as u8 & 0xf0);
            for edit in edits.chunks_exact_mut(8) {
                (edit[0], edit[4]) = (place, edit[4] & 0xf | more);
            }
        }
        process.overwritten(&edits, |bytes| {
            fs::write(folder.path().join("damaged.dmp"), bytes).expect("it is written");
        });
        if let Err(what) = ask(folder.path(), &commands) {
            eprintln!("{dump}, seed {seed}: {what}");
            failures.push(seed);
        }
    }
    assert!(failures.is_empty(), "{dump}: seeds {failures:?}");
}

fn seeds() -> Range<u64> {
    let asked = std::env::var("HOSTILE_SEEDS").ok();
    let range = asked.as_deref().and_then(|text| text.split_once(".."));
    let range = range.and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    range.unwrap_or(0..2)
}

#[test]
fn overwritten_structures_of_net8() {
    survives("net8-x64-case005");
}

#[test]
fn overwritten_structures_of_net10() {
    survives("net10-x64-wks-all");
}

#[test]
fn overwritten_structures_of_x86() {
    survives("core21-x86-wks-all");
}
