//! Kernels of object graphs: ids, edges, the search from the roots, dominators, retained sizes.

use std::hint::black_box;
use std::ops::Range;

use clrscope_graph::{Dominators, Emit, Granule, Graph, ObjectId, ObjectMap, RangeBits, Search};
use clrscope_memory::Control;
use criterion::{Criterion, criterion_group, criterion_main};

const OBJECTS: u32 = 1_000_000;
const CONTROL: Control<'static> = Control::new();

/// Two references an object: one near it, one of five anywhere.
fn list(objects: Range<u32>, emit: &mut Emit<'_>) {
    for from in objects {
        let draw = u64::from(from).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let near = (u64::from(from) + draw % 512) % u64::from(OBJECTS);
        let other = if from.is_multiple_of(5) { draw } else { u64::from(from) + draw % 64 };
        emit(ObjectId(from), ObjectId(near as u32));
        emit(ObjectId(from), ObjectId((other % u64::from(OBJECTS)) as u32));
    }
}

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("graph of a million objects");
    group.sample_size(10);
    let graph = Graph::build(OBJECTS, list, &[], &CONTROL).expect("a graph");
    let roots = [ObjectId(0), ObjectId(OBJECTS / 2)];
    group.bench_function("plain pass over the edges", |bencher| {
        bencher.iter(|| graph.edges().iter().map(|edge| u64::from(edge.1.0)).sum::<u64>());
    });
    group.bench_function("build", |bencher| {
        bencher.iter(|| Graph::build(OBJECTS, list, &[], &CONTROL));
    });
    group.bench_function("reverse", |bencher| bencher.iter(|| graph.reversed(&CONTROL)));
    group.bench_function("search", |bencher| {
        bencher.iter(|| Search::run(&graph, &roots, &CONTROL));
    });
    group.bench_function("dominators", |bencher| {
        bencher.iter(|| Dominators::run(&graph, &roots, &CONTROL));
    });
    let dominators = Dominators::run(&graph, &roots, &CONTROL).expect("dominators");
    group.bench_function("retained sizes", |bencher| {
        bencher.iter(|| dominators.retained(|object| u64::from(object.0 % 64), &CONTROL));
    });
    group.finish();
    let per_object = |bytes: u64| bytes as f64 / f64::from(OBJECTS);
    println!(
        "bytes an object: search {:.1}, dominators {:.1} and 4 an edge",
        per_object(Search::memory_needed(OBJECTS)),
        per_object(Dominators::memory_needed(OBJECTS, 0)),
    );
}

fn ids(criterion: &mut Criterion) {
    let mut marks = RangeBits::new(0x1_0000_0000, 0x1_0000_0000 + (64 << 20), Granule::Eight);
    for object in 0..OBJECTS {
        marks.mark(0x1_0000_0000 + u64::from(object) * 64 + u64::from(object % 3) * 8);
    }
    let map = ObjectMap::from_ranges([marks], &CONTROL).expect("a map");
    let addresses: Vec<u64> =
        (0..1000).filter_map(|step| map.address(ObjectId(step * 7919 % OBJECTS))).collect();
    let mut group = criterion.benchmark_group("a thousand lookups among a million objects");
    group.bench_function("id of an address", |bencher| {
        bencher.iter(|| addresses.iter().filter_map(|&address| map.id(black_box(address))).count());
    });
    group.bench_function("address of an id", |bencher| {
        let address = |step: u32| map.address(ObjectId(black_box(step * 7919 % OBJECTS)));
        bencher.iter(|| (0..1000).filter_map(address).fold(0, u64::wrapping_add));
    });
    group.finish();
}

criterion_group!(benches, kernels, ids);
criterion_main!(benches);
