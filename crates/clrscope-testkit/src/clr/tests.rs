use std::io::Cursor;

use super::*;
use crate::minidump::{damage, stream};

#[test]
fn the_same_shape_gives_the_same_dump_and_its_truth_adds_up() {
    for (index, options) in [ProcessOptions::x64(), ProcessOptions::x86()].into_iter().enumerate() {
        let shape = Shape { options, seed: index as u64, classes: 12, objects: 200 };
        let (dump, truth) = shaped(&shape);
        assert_eq!(dump, shaped(&shape).0);
        assert_eq!(truth.objects, truth.types.iter().map(|kind| kind.count).sum::<u64>());
        assert_eq!(truth.bytes, truth.all.iter().map(|object| object.size).sum::<u64>());
        let addresses = truth.all.iter().map(|object| object.address);
        assert_eq!(truth.address_hash, crate::naive::address_hash(addresses));
        let (successors, roots) = truth.graph();
        assert_eq!(truth.references, successors.iter().map(|list| list.len() as u64).sum::<u64>());
        assert!(!roots.is_empty() && 100 < truth.objects);
    }
}

#[test]
fn the_golden_heap_has_the_published_sums() {
    let (_, golden) = golden_eeheap(tempfile::tempfile().expect("a file")).expect("written");
    assert_eq!(golden.truth.bytes, 88_999_656);
    let first = "Number of GC Heaps: 4
------------------------------
Heap 0 (0x000dfaf0)
generation 0 starts at 0x1124b1c0
generation 1 starts at 0x111c3684
generation 2 starts at 0x102d0030
ephemeral segment allocation context: none
segment    begin       allocated     size
0x102d0000 0x102d0030  0x1165033c 0x138030c(20,448,012)
Large object heap starts at 0x202d0030
segment    begin       allocated     size
0x202d0000 0x202d0030  0x20636810 0x003667e0(3,565,536)
Heap Size  0x16e6aec(24,013,548)
";
    assert_eq!(&golden.text[..first.len()], first);
    assert!(golden.text.ends_with("GC Heap Size  0x54e06e8(88,999,656)\n"));
}

#[test]
fn a_large_heap_is_streamed() {
    let (dump, truth) =
        large(ProcessOptions::x64(), 50_000, 1, Cursor::new(Vec::new())).expect("written");
    assert_eq!(truth.objects, 50_002);
    assert!(70_000 < truth.references && truth.references < 130_000, "{}", truth.references);
    assert!(470 < truth.types.len() && truth.types.len() < 530, "{}", truth.types.len());
    let held = damage::find_stream(dump.get_ref(), stream::MEMORY64_LIST).expect("memory");
    assert!(48 < held.1);
}
