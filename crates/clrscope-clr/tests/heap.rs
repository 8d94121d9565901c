//! The heaps of the real dumps, compared with what ClrMD and the runtime's own DAC read from them.

use std::collections::BTreeMap;

use clrscope_clr::{Heap, HeapObjects, LayoutMode, find_runtimes};
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, Address, CorpusDump, Oracle};

/// Opens the heap of a dump and hands it on.
fn with_heap(dump: &CorpusDump, test: impl FnOnce(&Heap<'_>)) {
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let found = find_runtimes(&snapshot, LayoutMode::Auto);
    let runtime = found.first().unwrap_or_else(|error| panic!("{}: {error}", dump.name()));
    assert!(runtime.issues().is_empty(), "{}: {:?}", dump.name(), runtime.issues());
    let heap = runtime.heap().unwrap_or_else(|error| panic!("{}: {error}", dump.name()));
    test(&heap);
}

fn for_each_with_oracle(test: impl Fn(&str, &Oracle, &Heap<'_>)) {
    let mut seen = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_heap(&dump, |heap| test(dump.name(), &oracle, heap));
        seen += 1;
    }
    assert!(seen >= 6, "the project's own dumps have oracles");
}

fn all_objects<'data>(heap: &Heap<'data>) -> HeapObjects<'data> {
    heap.objects(&Control::new()).expect("nothing interrupts")
}

#[test]
fn segments_are_the_oracles() {
    for_each_with_oracle(|name, oracle, heap| {
        assert_eq!(heap.is_server(), oracle.server, "{name}");
        assert_eq!(heap.heaps().len(), oracle.heaps.len(), "{name}");
        let pair =
            |range: clrscope_clr::AddressRange| match range.is_empty() && range.start.is_null() {
                true => [Address(0); 2],
                false => [Address(range.start.0), Address(range.end.0)],
            };
        for (ours, theirs) in heap.heaps().iter().zip(&oracle.heaps) {
            assert_eq!(ours.address.0, theirs.address.0, "{name}");
            assert_eq!(heap.has_regions(), theirs.regions, "{name}");
        }
        let ours: Vec<_> = heap
            .segments()
            .iter()
            .map(|segment| {
                let kind = match segment.kind.name() {
                    "gen0" => "Generation0",
                    "gen1" => "Generation1",
                    "gen2" => "Generation2",
                    "loh" => "Large",
                    "poh" => "Pinned",
                    "frozen" => "Frozen",
                    _ => "Ephemeral",
                };
                let generations = segment.generations.map(pair);
                let ranges = [segment.objects, segment.committed, segment.reserved].map(pair);
                (segment.heap, segment.address.0, kind.to_owned(), ranges, generations)
            })
            .collect();
        let theirs: Vec<_> = oracle
            .segments
            .iter()
            .map(|segment| {
                let ranges = [[segment.start, segment.end], segment.committed, segment.reserved];
                let generations = [segment.gen0, segment.gen1, segment.gen2];
                (segment.heap, segment.address.0, segment.kind.clone(), ranges, generations)
            })
            .collect();
        assert_eq!(ours, theirs, "{name}");
    });
}

#[test]
fn objects_and_types_are_the_oracles() {
    for_each_with_oracle(|name, oracle, heap| {
        let objects = all_objects(heap);
        assert!(objects.damage().is_empty(), "{name}: {:?}", objects.damage());
        assert_eq!(objects.total().count, oracle.objects, "{name}");
        let ours: BTreeMap<_, _> = objects
            .types()
            .iter()
            .zip(objects.histogram())
            .map(|((_, info), stats)| (info.address.0, (stats.count, stats.bytes)))
            .collect();
        let theirs: BTreeMap<_, _> =
            oracle.types.iter().map(|ty| (ty.mt.0, (ty.count, ty.bytes))).collect();
        assert_eq!(ours, theirs, "{name}");
        let hash = objects.iter().fold(14_695_981_039_346_656_037u64, |hash, object| {
            (hash ^ object.address.0).wrapping_mul(1_099_511_628_211)
        });
        assert_eq!(Address(hash), oracle.address_hash, "{name}");
    });
}

#[test]
fn references_are_the_oracles() {
    for_each_with_oracle(|name, oracle, heap| {
        let objects = all_objects(heap);
        let sums = objects
            .fold_references(
                &Control::new(),
                |_| (0u64, 0u64),
                |(count, hash), object, _, target| {
                    let edge = object.address.0.wrapping_mul(31) ^ target.0;
                    (*count, *hash) = (*count + 1, hash.wrapping_add(edge));
                },
            )
            .expect("nothing interrupts");
        let sum = sums
            .into_iter()
            .fold((0, 0u64), |sum, part| (sum.0 + part.0, sum.1.wrapping_add(part.1)));
        assert_eq!((sum.0, Address(sum.1)), (oracle.references, oracle.reference_hash), "{name}");
    });
}

#[test]
fn an_object_is_found_at_its_address() {
    for_each_with_oracle(|name, _, heap| {
        let objects = all_objects(heap);
        for object in objects.iter().step_by(997) {
            assert_eq!(objects.object_at(object.address), Some(object), "{name}");
        }
        assert_eq!(objects.object_at(VirtAddr::NULL), None, "{name}");
    });
}
