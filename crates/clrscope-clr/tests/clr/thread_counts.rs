//! The same answers on one, two and more threads, of heaps that are walked in many pieces, sound and damaged.

use std::io::Cursor;

use clrscope_clr::{DamageKind, GraphOptions, Heap, HeapObjects};
use clrscope_graph::ObjectId;
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{ProcessOptions, large};
use clrscope_testkit::naive;
use clrscope_testkit::random::Random;

use crate::support::heap;

/// A heap of some forty pieces.
fn heap_of(options: ProcessOptions) -> (Vec<u8>, clrscope_testkit::clr::Truth) {
    let (dump, truth) =
        large(options, 1_000_000, 7, Cursor::new(Vec::new())).expect("memory takes it");
    (dump.into_inner(), truth)
}

/// All that is said of a heap.
#[derive(Debug, PartialEq)]
struct Answers {
    types: Vec<(VirtAddr, u64, u64)>,
    damage: Vec<clrscope_clr::Damage>,
    address_hash: u64,
    references: (u64, u64),
    stretches: Vec<clrscope_clr::Stretch>,
    /// The addresses of all nodes, and all edges.
    graph: (u64, u64),
    faults: Vec<clrscope_clr::Fault>,
}

fn answers(heap: &Heap<'_>) -> Answers {
    let control = Control::new();
    let objects: HeapObjects<'_> = heap.objects(&control).expect("nothing interrupts");
    let types = objects.types().iter().zip(objects.histogram());
    let parts = objects
        .fold_references(
            &control,
            |_| (0u64, 0u64),
            |sum, object, _, target| {
                sum.0 += 1;
                sum.1 = sum.1.wrapping_add(object.address.0.wrapping_mul(31) ^ target.0);
            },
        )
        .expect("nothing interrupts");
    let references =
        parts.iter().fold((0, 0u64), |sum, part| (sum.0 + part.0, sum.1.wrapping_add(part.1)));
    let graph = objects.graph(&GraphOptions::default(), &control).expect("nothing interrupts");
    let nodes = (0..graph.graph().nodes()).map(ObjectId);
    let edges = nodes.clone().flat_map(|id| {
        graph.graph().holds(id).iter().map(move |held| u64::from(id.0) << 32 | u64::from(held.0))
    });
    let addresses = nodes.map(|id| graph.address(id).map_or(0, |address| address.0));
    let graph = (naive::address_hash(addresses), naive::address_hash(edges));
    Answers {
        types: types.map(|((_, info), stats)| (info.address, stats.count, stats.bytes)).collect(),
        damage: objects.damage().to_vec(),
        address_hash: naive::address_hash(objects.iter().map(|object| object.address.0)),
        references,
        stretches: objects.stretches().collect(),
        graph,
        faults: objects.verify(&control).expect("nothing interrupts").faults,
    }
}

/// The answers of one, two, three and eight threads, which are the same.
fn answers_of_all_threads(dump: &[u8]) -> Answers {
    let mut first = None;
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let found = pool.install(|| answers(&heap(dump)));
        match &first {
            None => first = Some(found),
            Some(first) => assert!(*first == found, "{threads} threads say something else"),
        }
    }
    first.expect("there are threads")
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for options in [ProcessOptions::x64(), ProcessOptions::x86()] {
        let (dump, truth) = heap_of(options);
        let found = answers_of_all_threads(&dump);
        assert!(found.stretches.len() > 10, "it is walked in pieces");
        assert_eq!(found.types.iter().map(|ty| ty.1).sum::<u64>(), truth.objects);
        assert_eq!(found.address_hash, truth.address_hash);
        assert_eq!(found.references, (truth.references, truth.reference_hash));
        assert_eq!(found.damage, []);
        assert_eq!(found.faults, []);
    }
}

#[test]
fn damage_is_the_same_for_all_threads() {
    let (mut dump, truth) = heap_of(ProcessOptions::x64());
    let places: Vec<usize> = {
        let snapshot = Minidump::parse(&dump).expect("a minidump").snapshot().value;
        let mut random = Random::new(3);
        let segments: Vec<_> = truth.segments.iter().filter(|s| s.start < s.end).collect();
        (0..300)
            .map(|_| {
                let segment = segments[random.below(segments.len() as u64) as usize];
                let offset = random.below(segment.end - segment.start - 64) & !7;
                let at = snapshot.space.slice(VirtAddr(segment.start + offset), 64);
                at.expect("it is in the dump").as_ptr() as usize - dump.as_ptr() as usize
            })
            .collect()
    };
    for (index, place) in places.into_iter().enumerate() {
        // Rubbish, zeroes, or what an array would take for an absurd length.
        let byte = [0xa5, 0, 0x7f][index % 3];
        dump[place..place + 64].fill(byte);
    }
    let found = answers_of_all_threads(&dump);
    assert!(found.damage.len() > 100, "{}", found.damage.len());
    assert!(found.damage.iter().any(|damage| damage.kind == DamageKind::NoMethodTable));
    // Little more than what was overwritten is lost.
    assert!(found.types.iter().map(|ty| ty.1).sum::<u64>() > truth.objects - 20_000);
}
