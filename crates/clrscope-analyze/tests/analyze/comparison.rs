//! Several dumps of one process: synthetic ones whose contents are chosen.

use std::io::Cursor;

use clrscope_analyze::{Part, Profile, compare};
use clrscope_memory::Control;
use clrscope_testkit::clr::{HandleKind, Process, ProcessOptions, Roots, SegmentKind};
use clrscope_testkit::clr::{Slot, TypeShape};

use crate::support::with_facts;

/// A process with objects that are kept and objects that are garbage.
fn process(leaked: u64, cached: u64, garbage: u64) -> Vec<u8> {
    let mut process = Process::new(ProcessOptions::x64());
    let link = [Slot::Reference];
    let kept = process.add(TypeShape::class("App", "Leaked", &link));
    let cache = process.add(TypeShape::class("App", "Cached", &link));
    let dead = process.add(TypeShape::class("App", "Garbage", &link));
    let mut heap = process.start(Cursor::new(Vec::new())).expect("it is written");
    heap.segment(0, SegmentKind::Generation2, 0x1_0000_0000, 4 << 20).expect("a segment");
    let mut roots = Roots::default();
    for (kind, count, is_kept) in
        [(kept, leaked, true), (cache, cached, true), (dead, garbage, false)]
    {
        let mut last = 0;
        for _ in 0..count {
            last = heap.object(kind, 0, &[last]).expect("an object");
        }
        if is_kept {
            roots.handles.push((HandleKind::Strong, last, 0));
        }
    }
    heap.segment(0, SegmentKind::Generation0, 0x1_1000_0000, 4 << 20).expect("a segment");
    heap.object(Process::OBJECT, 0, &[]).expect("an object");
    let (out, _) = heap.finish(&roots).expect("it is written");
    out.into_inner()
}

fn profile(dump: &[u8]) -> Profile {
    with_facts(dump, |facts| Profile::of(facts, &Control::new()).expect("nothing interrupts"))
}

#[test]
fn a_synthetic_series_names_the_growing_type_and_only_it() {
    let dumps = [process(100, 3000, 500), process(160, 3000, 900), process(220, 3000, 700)];
    let profiles: Vec<Profile> = dumps.iter().map(|dump| profile(dump)).collect();
    let count = |part: Part, name: &str| -> Vec<u64> {
        profiles.iter().map(|profile| profile.parts[&part][name].count).collect()
    };
    assert_eq!(count(Part::Types, "App.Leaked"), [100, 160, 220]);
    assert_eq!(count(Part::Types, "App.Cached"), [3000, 3000, 3000]);
    assert_eq!(count(Part::Types, "App.Garbage"), [500, 900, 700]);

    let comparison = compare(&profiles);
    let rows: Vec<&str> =
        comparison.parts[&Part::Types].iter().map(|row| row.name.as_str()).collect();
    assert_eq!(rows, ["App.Garbage", "App.Leaked"]);
    let grows = comparison.grows.iter();
    let grows: Vec<String> =
        grows.map(|growth| format!("{} {:?}", growth.name, growth.values)).collect();
    assert_eq!(grows, ["App.Leaked [100, 160, 220]"]);
}
