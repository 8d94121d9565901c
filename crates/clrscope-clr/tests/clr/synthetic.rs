//! Synthetic processes read back as they were built.

use clrscope_clr::{HandleKind, Heap, LayoutMode, NameStyle, SegmentKind, find_runtimes};
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{self, ProcessOptions, RuntimeKind, Shape, Truth, shaped};
use clrscope_testkit::minidump::damage::spoil;
use clrscope_testkit::naive;
use proptest::prelude::*;

use crate::support::find_runtime;

fn kind(kind: clr::SegmentKind) -> SegmentKind {
    match kind {
        clr::SegmentKind::Generation0 => SegmentKind::Generation0,
        clr::SegmentKind::Generation1 => SegmentKind::Generation1,
        clr::SegmentKind::Generation2 => SegmentKind::Generation2,
        clr::SegmentKind::Ephemeral => SegmentKind::Ephemeral,
        clr::SegmentKind::Large => SegmentKind::Large,
        clr::SegmentKind::Pinned => SegmentKind::Pinned,
        clr::SegmentKind::Frozen => SegmentKind::Frozen,
    }
}

fn check(options: &ProcessOptions, dump: &[u8], truth: &Truth) {
    let snapshot = Minidump::parse(dump).expect("a minidump").snapshot();
    assert!(snapshot.is_complete(), "{:?}", snapshot.issues);
    let runtime = find_runtime(dump).expect("a runtime");
    let heap = runtime.heap().expect("a heap");
    assert!(heap.issues().is_empty(), "{:?}", heap.issues());
    check_segments(options, &heap, truth);
    check_objects(&heap, truth);
    check_roots(&heap, truth);

    if options.runtime == RuntimeKind::Core31 {
        // The testkit keeps no modules in the way of 3.1.
        return;
    }
    let types = runtime.types().expect("types");
    for kind in &truth.types {
        let name = types.name(VirtAddr(kind.method_table)).to_string_in(NameStyle::CSharp);
        assert_eq!(name, kind.name);
    }
}

fn check_segments(options: &ProcessOptions, heap: &Heap<'_>, truth: &Truth) {
    assert_eq!(heap.is_server(), options.server);
    assert_eq!(heap.has_regions(), options.regions);
    assert_eq!(heap.heaps().len(), options.heaps);
    let segments = heap.segments().iter().map(|s| {
        let ends = (s.committed.end.0, s.reserved.end.0);
        (s.heap, s.address.0, s.kind, s.objects.start.0, s.objects.end.0, ends)
    });
    let expected = truth.segments.iter().map(|s| {
        let ends = (s.committed_end, s.reserved_end);
        (s.heap, s.record, kind(s.kind), s.start, s.end, ends)
    });
    assert!(segments.eq(expected));
}

fn check_objects(heap: &Heap<'_>, truth: &Truth) {
    let objects = heap.objects(&Control::new()).expect("nothing interrupts");
    assert!(objects.damage().is_empty(), "{:?}", objects.damage());
    assert_eq!(objects.total().count, truth.objects);
    let hash = naive::address_hash(objects.iter().map(|object| object.address.0));
    assert_eq!(hash, truth.address_hash);
    for kind in &truth.types {
        let id = objects.types().id(VirtAddr(kind.method_table));
        let stats = id.map(|id| objects.histogram()[id.index()]).unwrap_or_default();
        assert_eq!((stats.count, stats.bytes), (kind.count, kind.bytes), "{}", kind.name);
    }

    let parts = objects
        .fold(
            &Control::new(),
            |_| Vec::new(),
            |found, object, bytes| {
                let mut references = Vec::new();
                objects.references_of(object, bytes, |_, target| references.push(target.0));
                references.sort_unstable();
                found.push((object.address.0, object.aligned_size, object.ty, references));
            },
        )
        .expect("nothing interrupts");
    let expected = truth.all.iter().map(|object| {
        let method_table = VirtAddr(truth.types[object.type_index.0].method_table);
        let id = objects.types().id(method_table).expect("a type with an object");
        let mut references = object.references.clone();
        references.sort_unstable();
        (object.address, object.size, id, references)
    });
    assert!(parts.into_iter().flatten().eq(expected));
    for object in &truth.all {
        let found = objects.object_at(VirtAddr(object.address));
        assert_eq!(found.map(|found| found.aligned_size), Some(object.size));
    }
}

fn check_roots(heap: &Heap<'_>, truth: &Truth) {
    let handles = heap.handles();
    assert!(handles.is_complete(), "{:?}", handles.issues);
    let mut found: Vec<_> = handles
        .value
        .iter()
        .map(|h| (h.kind, h.object.0, h.dependent.map_or(0, |second| second.0)))
        .collect();
    let kind = |kind: clr::HandleKind| match kind {
        clr::HandleKind::WeakShort => HandleKind::WeakShort,
        clr::HandleKind::WeakLong => HandleKind::WeakLong,
        clr::HandleKind::Strong => HandleKind::Strong,
        clr::HandleKind::Pinned => HandleKind::Pinned,
        clr::HandleKind::Dependent => HandleKind::Dependent,
    };
    let mut expected: Vec<_> =
        truth.roots.handles.iter().map(|&(k, object, second)| (kind(k), object, second)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);

    let queues = heap.finalizer_queues();
    assert!(queues.is_complete(), "{:?}", queues.issues);
    let space = heap.space();
    let ready = queues.value.iter().flat_map(|queue| queue.ready_objects(space));
    assert!(ready.map(|(_, object)| object.0).eq(truth.roots.ready.iter().copied()));
    let registered = queues.value.iter().flat_map(|queue| queue.registered_objects(space));
    assert!(registered.map(|object| object.0).eq(truth.roots.registered.iter().copied()));
}

fn options() -> impl Strategy<Value = ProcessOptions> {
    let bools = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (bools, 1usize..5, 0usize..4).prop_map(|(bools, heaps, runtime)| {
        let (wide, regions, server, pinned_generation, standalone_gc) = bools;
        let heaps = if server { heaps } else { 1 };
        let base = match runtime {
            0 => ProcessOptions::core31(),
            1 => ProcessOptions {
                wide,
                regions,
                pinned_generation,
                runtime: RuntimeKind::SingleFile,
                ..ProcessOptions::x64()
            },
            _ => ProcessOptions {
                wide,
                regions,
                pinned_generation,
                standalone_gc,
                ..ProcessOptions::x64()
            },
        };
        ProcessOptions { server, heaps, ..base }
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    (options(), any::<u64>(), 0usize..20, 0usize..120)
        .prop_map(|(options, seed, classes, objects)| Shape { options, seed, classes, objects })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_shape_reads_back(shape in shape()) {
        let (dump, truth) = shaped(&shape);
        check(&shape.options, &dump, &truth);
    }

    #[test]
    fn a_damaged_dump_does_no_harm(shape in shape(), seed in any::<u64>()) {
        let (dump, _) = shaped(&shape);
        read_all(&spoil(&dump, seed));
    }

    #[test]
    fn damaged_structures_do_no_harm(
        shape in shape(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..8, 0usize..6), 1..40),
    ) {
        let (mut dump, truth) = shaped(&shape);
        // The runtime's structures are behind all objects.
        let objects: u64 = truth.segments.iter().map(|s| s.committed_end - s.start).sum();
        let structures = (objects as usize).min(dump.len() - 64);
        for (index, shift, value) in damage {
            let at = structures + index.index(dump.len() - structures - 16) / 8 * 8;
            let near = u64::from_le_bytes(dump[at..at + 8].try_into().expect("eight bytes"));
            let value = [0, u64::MAX, 1, 0x7fff_ffff, near ^ (1 << (shift * 8)), near.wrapping_add(8)][value];
            dump[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        read_all(&dump);
    }
}

/// Reads all that can be read, whatever it is.
fn read_all(dump: &[u8]) {
    let Ok(dump) = Minidump::parse(dump) else { return };
    let snapshot = dump.snapshot().value;
    for runtime in find_runtimes(&snapshot, LayoutMode::Auto).runtimes {
        let Ok(heap) = runtime.heap() else { continue };
        let objects = heap.objects(&Control::new()).expect("nothing interrupts");
        let total = objects.total();
        assert!(total.count <= snapshot.space.total_bytes() / 4);
        assert_eq!(objects.iter().count() as u64, total.count);
        heap.handles();
        heap.finalizer_queues();
        if let Ok(types) = runtime.types() {
            for (_, info) in objects.types().iter() {
                types.name(info.address);
            }
        }
    }
}
