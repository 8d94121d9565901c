//! Indexing the memory of a process, and finding addresses in it: a million ranges, more than any real
//! dump has.

use std::hint::black_box;
use std::time::Duration;

use clrscope_memory::{AddressSpace, Range, Target, VirtAddr};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

const RANGES: u64 = 1_000_000;
const LENGTH: u64 = 16;

/// Ranges in order of address with a hole behind each, so that none are joined.
fn sorted() -> Vec<Range> {
    (0..RANGES).map(|n| Range::new(VirtAddr(0x1000 + n * LENGTH * 2), LENGTH, n * LENGTH)).collect()
}

/// A fixed sequence that looks random.
fn random() -> impl FnMut() -> u64 {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

fn shuffled() -> Vec<Range> {
    let (mut ranges, mut next) = (sorted(), random());
    for n in (1..ranges.len()).rev() {
        ranges.swap(n, (next() % (n as u64 + 1)) as usize);
    }
    ranges
}

/// Each range overlaps its neighbours, and precedence is anywhere.
fn overlapping() -> Vec<Range> {
    let mut ranges = shuffled();
    for range in &mut ranges {
        range.length = LENGTH * 3;
    }
    ranges
}

fn address_space(c: &mut Criterion) {
    let file = vec![0xa5u8; (RANGES * LENGTH) as usize];
    let mut group = c.benchmark_group("address space");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    for (name, ranges) in
        [("sorted", sorted()), ("shuffled", shuffled()), ("overlapping", overlapping())]
    {
        group.throughput(Throughput::Elements(RANGES)).bench_function(
            format!("index 1,000,000 ranges, {name}"),
            |b| {
                b.iter_batched(
                    || (),
                    |()| AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value,
                    BatchSize::PerIteration,
                )
            },
        );
    }
    let ranges = sorted();
    for count in [1_000, 40_000, RANGES] {
        let ranges = &ranges[..count as usize];
        let space = AddressSpace::from_ranges(&file, ranges, Target::X64_WINDOWS).value;
        let mut next = random();
        let mut at_random = || black_box(VirtAddr(0x1000 + next() % count * LENGTH * 2));
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("find at random among {count}"), |b| {
            b.iter(|| space.contains(at_random()))
        });
        group.bench_function(format!("read at random among {count}"), |b| {
            b.iter(|| space.read_u64(at_random()))
        });
    }
    let space = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value;
    let mut cursor = space.cursor();
    let mut at = 0;
    group.bench_function("read in order, by cursor", |b| {
        b.iter(|| {
            at = (at + 1) % (RANGES * 2);
            cursor.read_u64(VirtAddr(0x1000 + at / 2 * LENGTH * 2 + at % 2 * 8))
        })
    });
    group.finish();
}

criterion_group!(benches, address_space);
criterion_main!(benches);
