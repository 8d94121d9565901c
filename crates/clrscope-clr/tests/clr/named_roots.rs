//! What keeps the objects alive that a program said it holds: by the right kind of root, and with the
//! name of the field.

use clrscope_clr::code::MethodDescReader;
use clrscope_clr::{
    GraphOptions, HandleKind, HeapGraph, LayoutMode, Root, RootKind, SegmentKind, ThreadHandle,
    find_runtimes,
};
use clrscope_graph::{Dominators, ObjectId};
use clrscope_memory::{Control, Snapshot, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus;

use crate::support::with_graph;

/// What ought to keep an object.
enum Holder {
    Static(&'static str),
    ThreadStatic(&'static str),
    Handle(HandleKind),
    /// A frame of this method, which is also the name of its thread; or of `Interior`, which
    /// `ParkWithInterior` calls and older compilers do not inline.
    Stack(&'static str),
}

use Holder::{Handle, Stack, Static, ThreadStatic};

/// By the key without `address.`; whether the program has it depends on the runtime for `heap.poh` only.
const EXPECTED: [(&str, Holder); 31] = [
    ("leak.last", Static("Zoo.LeakyCache.Last")),
    ("leak.dictionary", Static("Zoo.LeakyCache.entries")),
    ("leak.key0", Static("Zoo.LeakyCache.entries")),
    ("leak.entry42", Static("Zoo.LeakyCache.entries")),
    ("dynasm.first", Static("Zoo.DynamicAssemblies.Instances")),
    ("dynasm.collectible0", Static("Zoo.DynamicAssemblies.Collectible")),
    ("heap.large0", Static("Zoo.HeapShapes.Large")),
    ("heap.poh", Static("Zoo.HeapShapes.Pinned")),
    ("graph.chainHead", Static("Zoo.Graph.Head")),
    ("graph.chainTail", Static("Zoo.Graph.Head")),
    ("graph.diamondTop", Static("Zoo.Graph.Top")),
    ("graph.diamondLeft", Static("Zoo.Graph.Top")),
    ("graph.diamondJoin", Static("Zoo.Graph.Top")),
    ("graph.cycle", Static("Zoo.Graph.CycleA")),
    ("finq.registered0", Static("Zoo.Holder.Registered")),
    ("roots.static", Static("Zoo.Roots.Static")),
    ("roots.genericStaticInt", Static("Zoo.GenericStatics<System.Int32>.Root")),
    ("roots.genericStaticString", Static("Zoo.GenericStatics<System.String>.Root")),
    // A struct: its value is boxed.
    ("roots.staticStruct", Static("Zoo.Roots.StaticPair")),
    ("roots.subscriber", Static("Zoo.Roots.Events")),
    ("roots.behindEvent", Static("Zoo.Roots.Events")),
    ("roots.deep", Static("Zoo.Roots.Events")),
    ("roots.async", Static("Zoo.Roots.Pending")),
    ("roots.dependent", Static("Zoo.Roots.dependentKey")),
    // The lock itself holds nothing.
    ("roots.locked", Static("Zoo.Roots.syncLocked")),
    ("roots.threadStatic", ThreadStatic("Zoo.Roots.threadStatic")),
    ("roots.strongHandle", Handle(HandleKind::Strong)),
    ("roots.pinnedHandle", Handle(HandleKind::Pinned)),
    ("roots.stackLocal", Stack("ParkWithLocal")),
    ("roots.behindStackLocal", Stack("ParkWithLocal")),
    ("roots.behindInterior", Stack("ParkWithInterior")),
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
fn method_of(graph: &HeapGraph<'_>, root: &Root) -> Option<String> {
    match &root.kind {
        RootKind::Stack(slot) => method_name(graph, slot.frame.as_ref()?.method_desc?),
        _ => None,
    }
}

/// The operating system's number of the thread that the program named so.
fn thread_of(graph: &HeapGraph<'_>, method: &str) -> Option<u32> {
    let runtime = graph.objects().heap().runtime();
    let types = runtime.types().ok()?;
    let threads = runtime.threads().ok()?.value;
    let named = threads.iter().find(|thread| {
        let object = thread.object.and_then(|at| types.object(at).ok());
        let name =
            object.and_then(|o| o.field_of(&["_name", "m_Name"])?.as_str().map(|s| s.to_string()));
        name.is_some_and(|name| name == format!("park {method}"))
    });
    named.map(|thread| thread.os_id)
}

/// On x64, a stack root is exact and belongs to the frame of that method. On x86 stacks are searched
/// conservatively, and the word can be in the memory of a frame below, which saved a register there. Either
/// way the thread is the one that runs the method.
fn is_held_by(graph: &HeapGraph<'_>, root: &Root, holder: &Holder, exact: bool) -> bool {
    match (&root.kind, holder) {
        (RootKind::Static(name), Static(expected)) => name.to_string() == *expected,
        (RootKind::ThreadStatic { name, thread }, ThreadStatic(expected)) => {
            name.to_string() == *expected
                && Some(*thread) == thread_of(graph, "ParkWithThreadStatic")
        }
        (RootKind::Handle(kind), Handle(expected)) => kind == expected,
        (RootKind::Stack(slot), Stack(method)) => {
            slot.exact == exact
                && (!exact || method_of(graph, root).is_some_and(|name| method.ends_with(&name)))
                && Some(slot.thread) == thread_of(graph, method)
        }
        _ => false,
    }
}

#[test]
fn what_the_program_holds_is_held_by_the_root_that_it_named() {
    let (mut checked, mut keys) = (0, 0);
    for dump in corpus::dumps().iter().filter(|dump| dump.name().ends_with("-all")) {
        with_graph(dump, &GraphOptions::default(), |graph| {
            let name = dump.name();
            assert!(graph.issues().is_empty(), "{name}: {:?}", graph.issues());
            let search = graph.search(&Control::new()).expect("search");
            let path_to = |address| {
                let id = graph
                    .id(VirtAddr(address))
                    .unwrap_or_else(|| panic!("{name}: {address:#x}: no object"));
                let path =
                    search.path_to(id).unwrap_or_else(|| panic!("{name}: {address:#x}: dead"));
                graph.resolve(&path).expect("a path").0.clone()
            };
            let exact = !name.contains("x86");
            let truth = dump.truth().expect("a truth");
            for (key, address) in truth.as_object().expect("keys") {
                let Some(key) = key.strip_prefix("address.") else { continue };
                let Some(address) = dump.truth_address(&format!("address.{key}")) else {
                    // The program saw for itself that its weak handle has forgotten its object.
                    assert_eq!((key, address.as_str()), ("roots.weakOnly", Some("collected")));
                    continue;
                };
                let root = path_to(address);
                let method = method_of(graph, &root);
                let place = format!("{name}: {key}: {root:?} {method:?}");
                keys += 1;
                if key == "roots.exception" {
                    // The thread keeps the exception, too, and that is all that x86 can tell.
                    let thread = thread_of(graph, "ParkInCatch").expect("a thread");
                    let of_thread = |root: &Root| {
                        matches!(root.kind, RootKind::ThreadHandle { thread: its, holds }
                            if its == thread && holds != ThreadHandle::Object)
                    };
                    let stack = is_held_by(graph, &root, &Stack("ParkInCatch"), true);
                    assert!(if exact { stack } else { of_thread(&root) }, "{place}");
                    let handles = graph.roots().iter().filter(|root| of_thread(root));
                    let values: Vec<_> = handles.map(|root| root.value.0).collect();
                    assert_eq!(values, [address; 2], "{place}");
                } else if key.starts_with("types.") {
                    assert!(is_held_by(graph, &root, &Static("Zoo.Types.All"), exact), "{place}");
                } else {
                    let expected = EXPECTED.iter().find(|(known, _)| *known == key);
                    let (_, holder) = expected.unwrap_or_else(|| panic!("{place}: not expected"));
                    assert!(is_held_by(graph, &root, holder, exact), "{place}");
                }
            }
            for (key, _) in &EXPECTED {
                let has = truth.get(format!("address.{key}")).is_some();
                assert!(has || *key == "heap.poh", "{name}: {key} is not in the truth");
            }
        });
        checked += 1;
    }
    eprintln!("{keys} objects in {checked} dumps");
    assert!(checked >= 2 && keys >= checked * 58, "{keys} objects in {checked} dumps");
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
fn a_thread_that_was_not_searched_leaves_it_open_what_is_dead() {
    // A thread ended while this dump was written: the list leads to memory that was freed.
    let dump = corpus::dump("core31-x64-case000").expect("a dump of testdata");
    with_graph(&dump, &GraphOptions::default(), |graph| {
        assert!(!graph.is_conclusive());
        let issues: Vec<String> = graph.issues().iter().map(ToString::to_string).collect();
        assert!(issues.iter().any(|issue| issue.contains("list of threads")), "{issues:?}");
    });
    // One runs, and the dump does not list it.
    let bytes = corpus::dump("net8-x64-case005").expect("a dump of testdata").bytes();
    let mut snapshot = Minidump::parse(&bytes).unwrap().snapshot().value;
    let conclusive = |snapshot: &Snapshot<'_>| {
        let runtimes = find_runtimes(snapshot, LayoutMode::Auto);
        let heap = runtimes.first().unwrap().heap().unwrap();
        let control = Control::new();
        let objects = heap.objects(&control).expect("objects");
        objects.graph(&GraphOptions::default(), &control).expect("graph").is_conclusive()
    };
    assert!(conclusive(&snapshot));
    snapshot.threads.retain(|thread| thread.name.as_deref() != Some("audit 1"));
    assert!(!conclusive(&snapshot));
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
