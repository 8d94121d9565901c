//! Synthetic processes read back as they were built.

use clrscope_clr::{LayoutMode, SegmentKind, find_runtimes};
use clrscope_memory::VirtAddr;
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{self, ProcessOptions, Shape, Truth, shaped};
use clrscope_testkit::minidump::damage::spoil;
use proptest::prelude::*;

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
    let runtimes = find_runtimes(&snapshot.value, LayoutMode::Auto);
    let runtime = runtimes.first().expect("a runtime");
    let heap = runtime.heap().expect("a heap");
    assert!(heap.issues().is_empty(), "{:?}", heap.issues());
    assert_eq!(heap.is_server(), options.server);
    assert_eq!(heap.has_regions(), options.regions);
    assert_eq!(heap.heaps().len(), options.heaps);
    let segments: Vec<_> = heap
        .segments()
        .iter()
        .map(|s| (s.heap, s.address.0, s.kind, s.objects.start.0, s.objects.end.0))
        .collect();
    let expected: Vec<_> = truth
        .segments
        .iter()
        .map(|s| (s.heap, s.record, kind(s.kind), s.start, s.end))
        .collect();
    assert_eq!(segments, expected);
    let tables = heap.method_tables();
    for object in &truth.all {
        let method_table = VirtAddr(truth.types[object.type_index.0].method_table);
        assert_eq!(snapshot.value.space.read_pointer(VirtAddr(object.address)), Some(method_table));
        assert!(tables.is_valid(method_table), "{}", truth.types[object.type_index.0].name);
    }
}

fn options() -> impl Strategy<Value = ProcessOptions> {
    let bools = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (bools, 1usize..5).prop_map(|((wide, regions, server, pinned_generation), heaps)| {
        let heaps = if server { heaps } else { 1 };
        ProcessOptions { wide, regions, server, heaps, pinned_generation, ..ProcessOptions::x64() }
    })
}

fn shape() -> impl Strategy<Value = Shape> {
    (options(), any::<u64>(), 0usize..20, 0usize..120)
        .prop_map(|(options, seed, classes, objects)| Shape { options, seed, classes, objects })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_shape_reads_back(shape in shape()) {
        let (dump, truth) = shaped(&shape);
        check(&shape.options, &dump, &truth);
    }

    #[test]
    fn damage_does_no_harm(shape in shape(), seed in any::<u64>()) {
        let (dump, _) = shaped(&shape);
        let dump = spoil(&dump, seed);
        if let Ok(dump) = Minidump::parse(&dump) {
            let snapshot = dump.snapshot().value;
            for runtime in find_runtimes(&snapshot, LayoutMode::Auto).runtimes {
                let heap = runtime.heap();
                prop_assert!(heap.is_err() || heap.is_ok_and(|heap| heap.segments().len() < 100));
            }
        }
    }
}
