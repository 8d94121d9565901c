//! What keeps the objects alive that a program said it holds: by the right kind of root, and with the
//! name of the field.

use clrscope_clr::code::MethodDescReader;
use clrscope_clr::{
    GraphOptions, HandleKind, HeapGraph, LayoutMode, Root, RootKind, SegmentKind, find_runtimes,
};
use clrscope_graph::{Dominators, ObjectId};
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump};

fn with_graph(dump: &CorpusDump, options: &GraphOptions, check: impl FnOnce(&HeapGraph<'_>)) {
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).unwrap();
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let heap = runtimes.first().unwrap().heap().unwrap();
    let control = Control::new();
    check(&heap.objects(&control).expect("objects").graph(options, &control).expect("graph"));
}

/// What ought to keep an object.
enum Holder {
    Static(&'static str),
    ThreadStatic(&'static str),
    Handle(HandleKind),
    /// A frame of a method whose name ends so: which is inlined into which differs.
    Stack(&'static str),
}

const EXPECTED: [(&str, Holder); 16] = [
    ("static", Holder::Static("Zoo.Roots.Static")),
    ("genericStaticInt", Holder::Static("Zoo.GenericStatics<System.Int32>.Root")),
    ("genericStaticString", Holder::Static("Zoo.GenericStatics<System.String>.Root")),
    // A struct: its value is boxed.
    ("staticStruct", Holder::Static("Zoo.Roots.StaticPair")),
    ("subscriber", Holder::Static("Zoo.Roots.Events")),
    ("behindEvent", Holder::Static("Zoo.Roots.Events")),
    ("deep", Holder::Static("Zoo.Roots.Events")),
    ("async", Holder::Static("Zoo.Roots.Pending")),
    ("dependent", Holder::Static("Zoo.Roots.dependentKey")),
    // The lock itself holds nothing.
    ("locked", Holder::Static("Zoo.Roots.syncLocked")),
    ("threadStatic", Holder::ThreadStatic("Zoo.Roots.threadStatic")),
    ("strongHandle", Holder::Handle(HandleKind::Strong)),
    ("pinnedHandle", Holder::Handle(HandleKind::Pinned)),
    ("stackLocal", Holder::Stack("ParkWithLocal")),
    ("behindStackLocal", Holder::Stack("ParkWithLocal")),
    ("behindInterior", Holder::Stack("Interior")),
];

/// The name of a method by its record.
fn method_name(graph: &HeapGraph<'_>, method: VirtAddr) -> Option<String> {
    let runtime = graph.objects().heap().runtime();
    let types = runtime.types().ok()?;
    let desc = MethodDescReader::new(runtime).ok()?.read(method)?;
    let row = desc.row;
    let methods = types.get(desc.method_table)?.methods();
    methods.iter().find(|m| m.token.rid() == row).map(|m| m.name.to_string())
}

/// The method of the frame that a root belongs to.
fn method_of(root: &Root) -> Option<VirtAddr> {
    match &root.kind {
        RootKind::Stack(slot) => slot.frame.as_ref()?.method_desc,
        _ => None,
    }
}

fn is_held_by(graph: &HeapGraph<'_>, root: &Root, holder: &Holder, exact: bool) -> bool {
    match (&root.kind, holder) {
        (RootKind::Static(name), Holder::Static(expected)) => name.to_string() == *expected,
        (RootKind::ThreadStatic { name, thread }, Holder::ThreadStatic(expected)) => {
            name.to_string() == *expected && *thread != 0
        }
        (RootKind::Handle(kind), Holder::Handle(expected)) => kind == expected,
        (RootKind::Stack(slot), Holder::Stack(method)) if exact => {
            let name = method_of(root).and_then(|desc| method_name(graph, desc));
            slot.exact && name.is_some_and(|name| name.ends_with(method))
        }
        (RootKind::Stack(slot), Holder::Stack(_)) => !slot.exact,
        _ => false,
    }
}

#[test]
fn what_the_program_holds_is_held_by_the_root_that_it_named() {
    let mut checked = 0;
    for dump in corpus::dumps().iter().filter(|dump| dump.name().ends_with("-all")) {
        with_graph(dump, &GraphOptions::default(), |graph| {
            let name = dump.name();
            assert!(graph.issues().is_empty(), "{name}: {:?}", graph.issues());
            let search = graph.search(&Control::new()).expect("search");
            let path_to = |key: &str| {
                let key = format!("address.roots.{key}");
                let address = VirtAddr(dump.truth_address(&key).expect(&key));
                let id = graph.id(address).unwrap_or_else(|| panic!("{name}: {key}: no object"));
                let path = search.path_to(id).unwrap_or_else(|| panic!("{name}: {key}: dead"));
                graph.resolve(&path).expect("a path").0.clone()
            };
            // On x86, stacks are searched conservatively.
            let exact = !name.contains("x86");
            for (key, holder) in &EXPECTED {
                let root = path_to(key);
                let held = is_held_by(graph, &root, holder, exact);
                let method = method_of(&root).and_then(|method| method_name(graph, method));
                assert!(held, "{name}: {key}: {root:?} {method:?}");
            }
            // The thread keeps the exception, too, and that is all that x86 can tell.
            let root = path_to("exception");
            let stack = is_held_by(graph, &root, &Holder::Stack("ParkInCatch"), true);
            let handle = root.kind == RootKind::Handle(HandleKind::Strong);
            assert!(stack || handle && !exact, "{name}: exception: {root:?}");
            assert_eq!(dump.truth_address("address.roots.weakOnly"), None, "{name}: collected");
        });
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} dumps");
}

#[test]
fn without_stacks_their_locals_are_not_reached() {
    let dump = corpus::dump("net10-x64-wks-all").expect("a dump of testdata");
    with_graph(&dump, &GraphOptions { stacks: false }, |graph| {
        let search = graph.search(&Control::new()).expect("search");
        let reachable = |key: &str| {
            let address = VirtAddr(dump.truth_address(key).expect(key));
            search.reachable(graph.id(address).expect(key))
        };
        assert_eq!(reachable("address.roots.stackLocal"), Some(false));
        assert_eq!(reachable("address.roots.static"), Some(true));
        assert!(!graph.roots().iter().any(|root| matches!(root.kind, RootKind::Stack(_))));
    });
}

#[test]
fn what_is_never_collected_is_never_dead() {
    let dump = corpus::dump("net9-x64-case003").expect("a dump of testdata");
    with_graph(&dump, &GraphOptions::default(), |graph| {
        let search = graph.search(&Control::new()).expect("search");
        let heap = graph.objects().heap();
        let frozen = heap.segments().iter().filter(|s| s.kind == SegmentKind::Frozen);
        let mut count = 0;
        for segment in frozen {
            let range = segment.objects.start.0..segment.objects.end.0;
            for id in graph.map().ids_in(range).map(ObjectId) {
                assert_eq!(search.reachable(id), Some(true), "{:?}", graph.address(id));
                count += 1;
            }
        }
        assert!(count > 100, "only {count} frozen objects");
    });
}

/// The static field that alone retains most, and the part of all that is alive.
fn top_static(graph: &HeapGraph<'_>) -> (String, f64) {
    let control = Control::new();
    let sizes = graph.sizes(&control).expect("sizes");
    let groups: Vec<Vec<ObjectId>> = graph.holding_roots().map(|(_, id)| vec![id]).collect();
    let dominators = Dominators::run_grouped(graph.graph(), &groups, &control).expect("dominators");
    let retained = dominators.retained(|id| sizes.of(id), &control).expect("retained");
    let statics =
        graph.holding_roots().zip(0u32..).filter_map(|((root, _), group)| match &root.kind {
            RootKind::Static(name) => Some((retained.of_group(group), name.to_string())),
            _ => None,
        });
    let (bytes, name) = statics.max().expect("a static");
    (name, bytes as f64 / retained.total() as f64)
}

#[test]
fn a_static_cache_is_the_top_owner() {
    for (name, expected, part) in [
        ("net8-x64-case001", "Cases.ProductCatalogue.bySku", 0.9),
        ("net9-x64-case003", "Cases.ModelService._cachedModels", 0.5),
    ] {
        let Some(dump) = corpus::dump(name) else { continue };
        with_graph(&dump, &GraphOptions::default(), |graph| {
            let (field, of_all) = top_static(graph);
            assert_eq!(field, expected, "{name}");
            assert!(of_all > part, "{name}: {of_all}");
        });
    }
}
