//! What no real dump of the corpus has: processes that are made for a rule, which must name it, and one that
//! is healthy, in which no rule may find anything.

use std::io::Cursor;

use clrscope_analyze::{Facts, Session};
use clrscope_clr::{LayoutMode, find_runtimes};
use clrscope_diagnose::{Severity, diagnose};
use clrscope_memory::Control;
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{
    HandleKind, HeapWriter, Process, ProcessOptions, Roots, SegmentKind, Slot, TypeIndex, TypeShape,
};

use Slot::{Number, Reference};

type Heap = HeapWriter<Cursor<Vec<u8>>>;

const MIB: u64 = 1024 * 1024;

/// The types of all these processes.
struct Types {
    node: TypeIndex,
    list: TypeIndex,
    references: TypeIndex,
}

fn types(process: &mut Process) -> Types {
    let list = [Reference, Number];
    let list = process.add(TypeShape::class("System.Collections.Generic", "List`1", &list));
    process.name_fields(list, &["_items", "_size"]);
    let node = process.add(TypeShape::class("MyApp", "Node", &[Reference]));
    let references = process.add(TypeShape::References { element: node, rank: 0 });
    Types { node, list, references }
}

/// Makes a process with a region of `kind` that `fill` fills, and gives what is found: names of rules with
/// how grave they are, and the titles.
fn found(
    kind: SegmentKind,
    fill: impl FnOnce(&mut Heap, &Types) -> Roots,
) -> Vec<(&'static str, Severity, String)> {
    let mut process = Process::new(ProcessOptions::x64());
    let types = types(&mut process);
    let mut heap = process.start(Cursor::new(Vec::new())).expect("written");
    heap.segment(0, kind, 0x2000_0000, 0x1000_0000).expect("written");
    let roots = fill(&mut heap, &types);
    if kind != SegmentKind::Generation0 {
        // The one that the process allocates in.
        heap.segment(0, SegmentKind::Generation0, 0x4000_0000, 0x40_0000).expect("written");
        heap.string("young").expect("written");
    }
    let (dump, _) = heap.finish(&roots).expect("written");
    let minidump = Minidump::parse(dump.get_ref()).expect("a minidump");
    let snapshot = minidump.snapshot();
    let runtimes = find_runtimes(&snapshot.value, LayoutMode::Auto);
    let session = Session::new(runtimes.first().expect("a runtime").clone());
    let facts = Facts::new(minidump.clone(), &snapshot.value, snapshot.issues, Ok(&session));
    let diagnosis = diagnose(&facts, &Control::new());
    let findings = diagnosis.findings.into_iter();
    findings.map(|finding| (finding.id, finding.severity, finding.title)).collect()
}

/// Strong handles to objects.
fn held(objects: impl IntoIterator<Item = u64>) -> Roots {
    let handles = objects.into_iter().map(|object| (HandleKind::Strong, object, 0));
    Roots { handles: handles.collect(), ..Roots::default() }
}

/// Asserts that only the rule `id` finds anything, and says this.
#[track_caller]
fn only(found: &[(&str, Severity, String)], id: &str, severity: Severity, title: &str) {
    let found: Vec<(&str, Severity, &str)> =
        found.iter().map(|(id, severity, title)| (*id, *severity, title.as_str())).collect();
    assert_eq!(found, [(id, severity, title)]);
}

#[test]
fn a_healthy_heap_is_quiet() {
    let found = found(SegmentKind::Generation0, |heap, types| {
        let mut last = 0;
        for number in 0..5_000 {
            heap.string(&format!("string {number}")).expect("written");
            last = heap.object(types.node, 0, &[last]).expect("written");
        }
        held([last])
    });
    assert_eq!(found, []);
}

#[test]
fn many_pinned_objects() {
    let found = found(SegmentKind::Generation0, |heap, types| {
        let nodes = (0..1_000).map(|_| heap.object(types.node, 0, &[]).expect("written"));
        let handles = nodes.map(|node| (HandleKind::Pinned, node, 0)).collect();
        Roots { handles, ..Roots::default() }
    });
    only(&found, "pinning", Severity::Warning, "1,000 handles pin objects");
}

#[test]
fn a_finalizer_that_is_behind() {
    let found = found(SegmentKind::Generation0, |heap, types| {
        let nodes = (0..10_000).map(|_| heap.object(types.node, 0, &[]).expect("written"));
        Roots { ready: nodes.collect(), ..Roots::default() }
    });
    let title = "The finalizer thread is behind: 10,000 objects wait";
    only(&found, "finalizer-behind", Severity::Warning, title);
}

#[test]
fn a_heap_full_of_holes() {
    let found = found(SegmentKind::Generation2, |heap, types| {
        let nodes: Vec<u64> = (0..20)
            .map(|_| {
                heap.free(MIB).expect("written");
                heap.object(types.node, 0, &[]).expect("written")
            })
            .collect();
        held(nodes)
    });
    let title = "Fragmentation: 100.0 % of generation 2 are holes";
    only(&found, "fragmentation", Severity::Warning, title);
}

#[test]
fn large_objects_that_come_and_go() {
    let found = found(SegmentKind::Large, |heap, types| {
        let node = heap.object(types.node, 0, &[]).expect("written");
        // Full of references, and dropped.
        let elements = vec![node; 2 * MIB as usize];
        heap.object(types.references, 2 * MIB, &elements).expect("written");
        held([node])
    });
    let title = "Large objects are made and dropped: 100.0 % of their heap are garbage or holes";
    only(&found, "large-object-churn", Severity::Warning, title);
}

#[test]
fn huge_arrays_of_nothing() {
    let found = found(SegmentKind::Large, |heap, types| {
        held([heap.object(types.references, MIB, &[]).expect("written")])
    });
    let title = "Large arrays hold nothing: 8,388,632 bytes of zeros";
    assert!(found.contains(&("empty-arrays", Severity::Note, title.to_owned())), "{found:?}");
}

#[test]
fn collections_that_are_mostly_empty() {
    let found = found(SegmentKind::Large, |heap, types| {
        let node = heap.object(types.node, 0, &[]).expect("written");
        let items = heap.object(types.references, MIB / 4, &[node]).expect("written");
        held([heap.numbers(&[1]).object(types.list, 0, &[items]).expect("written")])
    });
    let title = "System.Collections.Generic.List<T1>: 100.0 % of the places are empty, 2,097,144 bytes wasted";
    assert!(
        found.contains(&("collections-mostly-empty", Severity::Note, title.to_owned())),
        "{found:?}"
    );
}

#[test]
fn strings_that_are_repeated() {
    let text = "the same text, over and over again";
    let found = found(SegmentKind::Generation0, |heap, _| {
        held((0..2_000).map(|_| heap.string(text).expect("written")).collect::<Vec<_>>())
    });
    let [(id, severity, title)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((*id, *severity), ("duplicate-strings", Severity::Note));
    assert!(title.starts_with("Duplicate strings waste "), "{title}");
}

#[test]
fn a_heap_that_is_not_sound() {
    let found = found(SegmentKind::Generation0, |heap, types| {
        held([heap.object(types.node, 0, &[0x1234_5678]).expect("written")])
    });
    only(&found, "heap-corruption", Severity::Error, "The heap is corrupt");
}
