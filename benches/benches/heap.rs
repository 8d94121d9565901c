//! From the bytes of a dump to its objects, on a synthetic heap of two million objects.

use std::hint::black_box;
use std::time::Duration;

use clrscope::clr::{LayoutMode, Runtime, find_runtimes};
use clrscope::memory::Control;
use clrscope::minidump::Minidump;
use clrscope_benches::synthetic_dump;
use clrscope_testkit::clr::ProcessOptions;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const OBJECTS: u64 = 2_000_000;

fn runtime(dump: &[u8]) -> Runtime<'_> {
    let minidump = Minidump::parse(dump).unwrap_or_else(|error| panic!("{error}"));
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    runtimes.first().unwrap_or_else(|error| panic!("{error}")).clone()
}

fn heap(criterion: &mut Criterion) {
    let (dump, truth) = synthetic_dump(ProcessOptions::x64(), OBJECTS);
    let mut group = criterion.benchmark_group("heap");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group.bench_function("open: parse, index, find the runtime, read its heap", |bencher| {
        bencher.iter(|| {
            let heap = runtime(&dump).heap().unwrap_or_else(|error| panic!("{error}"));
            black_box(heap.segments().len())
        });
    });

    let heap = runtime(&dump).heap().unwrap_or_else(|error| panic!("{error}"));
    let objects = heap.objects(&Control::new()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(objects.total().count, truth.objects);
    for (unit, throughput) in [
        ("objects", Throughput::Elements(truth.objects)),
        ("bytes", Throughput::Bytes(truth.bytes)),
    ] {
        group.throughput(throughput).bench_function(format!("histogram, {unit}"), |bencher| {
            bencher.iter(|| {
                let objects =
                    heap.objects(&Control::new()).unwrap_or_else(|error| panic!("{error}"));
                black_box(objects.total())
            });
        });
    }
    group.throughput(Throughput::Elements(truth.references)).bench_function(
        "references",
        |bencher| {
            bencher.iter(|| {
                let sums = objects
                    .fold_references(
                        &Control::new(),
                        |_| 0u64,
                        |sum, _, _, target| *sum ^= target.0,
                    )
                    .unwrap_or_else(|error| panic!("{error}"));
                black_box(sums)
            });
        },
    );
    group.finish();
}

criterion_group!(benches, heap);
criterion_main!(benches);
