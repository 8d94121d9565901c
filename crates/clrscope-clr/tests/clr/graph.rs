//! The object graph of real dumps: paths and retained sizes of what the program built.

use clrscope_clr::{GraphOptions, HandleKind, HeapGraph, RootKind};
use clrscope_graph::Holder;
use clrscope_memory::{Control, VirtAddr};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::with_graph;

/// The dumps of the program that has every scenario.
fn with_every_scenario(check: impl Fn(&CorpusDump, &HeapGraph<'_>)) {
    let mut checked = 0;
    for dump in corpus::dumps().iter().filter(|dump| dump.name().ends_with("-all")) {
        with_graph(dump, &GraphOptions::default(), |graph| check(dump, graph));
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} dumps");
}

#[test]
fn retained_sizes_are_those_of_what_the_program_built() {
    with_every_scenario(|dump, graph| {
        let name = dump.name();
        assert!(graph.issues().is_empty(), "{name}: {:?}", graph.issues());
        let control = Control::new();
        let dominators = graph.dominators(&control).expect("dominators");
        let sizes = graph.sizes(&control).expect("sizes");
        let retained = dominators.retained(|id| sizes.of(id), &control).expect("retained");
        let id = |key: &str| {
            let address = dump.truth_address(&format!("address.graph.{key}")).expect(key);
            graph.id(VirtAddr(address)).expect(key)
        };

        // A chain of links of one size, of which the last has an array of bytes as well.
        let (head, tail) = (id("chainHead"), id("chainTail"));
        let links = dump.truth_count("graph.chain").expect("a count");
        let [weight] = graph.graph().holds(tail) else { panic!("{name}: the tail holds one") };
        assert_eq!(retained.of(tail), sizes.of(tail) + sizes.of(*weight), "{name}: the tail");
        let expected = links * sizes.of(head) + sizes.of(*weight);
        assert_eq!(retained.of(head), expected, "{name}: chain");

        // A fan: an object with an array of links, each of which it alone holds. Some have an array of bytes.
        let fan = graph.holding_roots().find(|(root, _)| {
            matches!(&root.kind, RootKind::Static(field) if field.to_string() == "Zoo.Graph.Fan")
        });
        let (_, fan) = fan.expect("the fan");
        let [children] = graph.graph().holds(fan) else { panic!("{name}: the fan has one array") };
        let blades = graph.graph().holds(*children);
        assert_eq!(blades.len() as u64, dump.truth_count("graph.fan").expect("a count"), "{name}");
        let weights = blades.iter().flat_map(|&blade| graph.graph().holds(blade));
        let weights = weights.map(|&weight| sizes.of(weight)).sum::<u64>();
        let links = blades.len() as u64 * sizes.of(head);
        let expected = sizes.of(fan) + sizes.of(*children) + links + weights;
        assert_eq!(retained.of(fan), expected, "{name}: fan");

        // Two ways from the top to the join: neither side retains it, the top does.
        let (top, left, join) = (id("diamondTop"), id("diamondLeft"), id("diamondJoin"));
        assert_eq!(dominators.holder(join), Some(Holder::Object(top)), "{name}: join");
        assert_eq!(dominators.holder(left), Some(Holder::Object(top)), "{name}: left");
        let [_, right] = graph.graph().holds(top) else { panic!("{name}: the top holds two") };
        let parts = [left, *right, join].iter().map(|&id| retained.of(id)).sum::<u64>();
        assert_eq!(retained.of(top), sizes.of(top) + parts, "{name}: diamond");

        // Of a cycle, the object that a root refers to retains the rest, and the rest nothing of it,
        // whatever the way back. Here it is two links, the first held by a static field.
        let second = id("cycle");
        let [first] = graph.graph().holds(second) else { panic!("{name}: the cycle has two") };
        assert_eq!(graph.graph().holds(*first), [second], "{name}: the cycle is closed");
        assert_eq!(dominators.holder(second), Some(Holder::Object(*first)), "{name}: cycle");
        assert_eq!(dominators.holder(*first), Some(Holder::Roots), "{name}: cycle");
        assert_eq!(retained.of(second), sizes.of(second), "{name}: cycle");
        assert_eq!(retained.of(*first), sizes.of(*first) + sizes.of(second), "{name}: cycle");

        assert_eq!(sizes.total(), live_and_dead(graph), "{name}");
        assert!(retained.total() < sizes.total(), "{name}: something is dead");
    });
}

/// All bytes by the histogram, free space left out.
fn live_and_dead(graph: &HeapGraph<'_>) -> u64 {
    let objects = graph.objects();
    let free = objects.types().iter().zip(objects.histogram()).filter(|((_, t), _)| t.is_free);
    let free: u64 = free.map(|(_, stats)| stats.bytes).sum();
    objects.total().bytes - free
}

#[test]
fn what_handles_and_the_finalizer_queue_hold_is_reached_by_them() {
    with_every_scenario(|dump, graph| {
        let name = dump.name();
        let control = Control::new();
        let search = graph.search(&control).expect("search");
        assert!(search.complete());
        let path_to = |key: &str| {
            let address = VirtAddr(dump.truth_address(key).expect(key));
            let id = graph.id(address).unwrap_or_else(|| panic!("{name}: {key} is no object"));
            let path = search.path_to(id).unwrap_or_else(|| panic!("{name}: {key} is not reached"));
            let (root, objects) = graph.resolve(&path).expect("a path");
            assert_eq!(objects.last().map(|object| object.address), Some(address));
            (root.kind.clone(), objects.len())
        };
        let strong = RootKind::Handle(HandleKind::Strong);
        assert_eq!(path_to("address.roots.strongHandle"), (strong, 1), "{name}");
        let pinned = RootKind::Handle(HandleKind::Pinned);
        assert_eq!(path_to("address.roots.pinnedHandle"), (pinned, 1), "{name}");
        let (_, length) = path_to("address.roots.dependent");
        assert!(length > 1, "{name}: the value of a dependent handle hangs on its key");

        let ready = RootKind::FinalizerQueue { critical: false };
        let count = graph.roots().iter().filter(|root| root.kind == ready).count() as u64;
        assert!(count >= dump.truth_count("finq.ready.leaf").expect("a count"), "{name}: {count}");
        assert_eq!(dump.truth_address("address.roots.weakOnly"), None, "{name}: collected");
    });
}
