//! A question in SQL over a synthetic heap of 1.3 million objects: how many of each type, and how large.

use std::hint::black_box;
use std::time::{Duration, Instant};

use clrscope::analyze::Session;
use clrscope::clr::{LayoutMode, NameStyle, find_runtimes};
use clrscope::memory::Control;
use clrscope::minidump::Minidump;
use clrscope::query::{Database, Source, Value};
use clrscope_benches::synthetic_dump;
use clrscope_testkit::clr::ProcessOptions;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const OBJECTS: u64 = 1_300_000;

/// What the question may take, from the dump to its last row.
const LIMIT: Duration = Duration::from_secs(3);

const BY_TYPE: &str =
    "SELECT type, count(*), sum(bytes) FROM objects GROUP BY type ORDER BY 3 DESC";

/// Asks, and gives the sum of the counts.
fn ask<'data>(minidump: &Minidump<'data>, session: &Session<'data>) -> i64 {
    let source = Source { session, minidump, style: NameStyle::CSharp, control: Control::new() };
    let database = Database::new(source).unwrap_or_else(|error| panic!("{error}"));
    let mut question = database.question(BY_TYPE).unwrap_or_else(|error| panic!("{error}"));
    let mut objects = 0;
    question
        .ask(|row| {
            if let Some(Value::Integer(count)) = row.get(1) {
                objects += count;
            }
            true
        })
        .unwrap_or_else(|error| panic!("{error}"));
    objects
}

fn query(criterion: &mut Criterion) {
    let (dump, truth) = synthetic_dump(ProcessOptions::x64(), OBJECTS);
    let begin = Instant::now();
    let minidump = Minidump::parse(&dump).unwrap_or_else(|error| panic!("{error}"));
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let runtime = runtimes.first().unwrap_or_else(|error| panic!("{error}"));
    let session = Session::new(runtime.clone());
    let found = ask(&minidump, &session);
    let taken = begin.elapsed();
    assert!(found.unsigned_abs() >= truth.objects, "gaps are rows too: {found}");
    assert!(taken < LIMIT, "grouping {found} objects by type took {taken:?}");

    let mut group = criterion.benchmark_group("query");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group
        .throughput(Throughput::Elements(truth.objects))
        .bench_function("objects by type, of a heap that was walked before", |bencher| {
            bencher.iter(|| black_box(ask(&minidump, &session)))
        });
    group.finish();
}

criterion_group!(benches, query);
criterion_main!(benches);
