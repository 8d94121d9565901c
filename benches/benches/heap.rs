//! From the bytes of a dump to the heap of its runtime.

use std::hint::black_box;

use clrscope::clr::{LayoutMode, find_runtimes};
use clrscope::minidump::Minidump;
use clrscope_benches::synthetic_dump;
use clrscope_testkit::clr::ProcessOptions;
use criterion::{Criterion, criterion_group, criterion_main};

fn open(criterion: &mut Criterion) {
    let (dump, _) = synthetic_dump(ProcessOptions::x64(), 100_000);
    criterion.bench_function("open: parse, index, find the runtime, read its heap", |bencher| {
        bencher.iter(|| {
            let minidump = Minidump::parse(&dump).unwrap_or_else(|error| panic!("{error}"));
            let snapshot = minidump.snapshot().value;
            let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
            let runtime = runtimes.first().unwrap_or_else(|error| panic!("{error}"));
            let heap = runtime.heap().unwrap_or_else(|error| panic!("{error}"));
            black_box(heap.segments().len())
        });
    });
}

criterion_group!(benches, open);
criterion_main!(benches);
