//! Why objects are alive and what they hold alone, on real dumps.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clrscope_analyze::{
    RetainedBy, TypeLabels, Wanted, chain, retained_by, retained_by_static, rooted,
};
use clrscope_clr::{GraphOptions, HeapGraph, NameStyle};
use clrscope_graph::ObjectId;
use clrscope_memory::{Control, Interrupted, Issues, VirtAddr};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::objects;

fn with_graph(dump: &CorpusDump, options: &GraphOptions, check: impl FnOnce(&HeapGraph<'_>)) {
    check(&objects(&dump.bytes()).graph(options, &Control::new()).unwrap());
}

/// An object that is alive and one that is dead.
fn alive_and_dead(graph: &HeapGraph<'_>) -> (ObjectId, ObjectId) {
    let search = graph.search(&Control::new()).unwrap();
    let with = |reachable| {
        let mut ids = (0..graph.graph().nodes()).map(ObjectId);
        ids.find(|&id| search.reachable(id) == Some(reachable)).unwrap()
    };
    (with(true), with(false))
}

#[test]
fn what_is_dead_is_called_so_only_when_everything_was_searched() {
    let dump = corpus::dump("net8-x64-case005").unwrap();
    with_graph(&dump, &GraphOptions::default(), |graph| {
        let (alive, dead) = alive_and_dead(graph);
        let control = Control::new();
        let ask = |id| rooted(graph, id, Wanted::Unique, 10, &control).unwrap().reachable;
        assert_eq!(ask(alive), Some(true));
        assert_eq!(ask(dead), Some(false));
    });
    with_graph(&dump, &GraphOptions { stacks: false }, |graph| {
        let (_, dead) = alive_and_dead(graph);
        let found = rooted(graph, dead, Wanted::Unique, 10, &Control::new()).unwrap();
        assert_eq!((found.reachable, found.paths.len()), (None, 0));
    });
    // A dump that lacks the stacks and the statics.
    let dump = corpus::dump("net8-x64-private").unwrap();
    with_graph(&dump, &GraphOptions::default(), |graph| {
        let (_, dead) = alive_and_dead(graph);
        let found = rooted(graph, dead, Wanted::EachRoot, 10, &Control::new()).unwrap();
        assert_eq!(found.reachable, None);
    });
}

/// Builds the graph and asks, but is cancelled after `steps` reports of progress.
fn ask_with(
    objects: &clrscope_clr::HeapObjects<'_>,
    address: VirtAddr,
    steps: u64,
) -> Result<Option<bool>, Option<Interrupted>> {
    let cancel = AtomicBool::new(steps == 0);
    let reported = AtomicU64::new(0);
    let report = |_| {
        if reported.fetch_add(1, Ordering::Relaxed) + 1 >= steps {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let control = Control::new().with_progress(&report).with_cancel(&cancel);
    let graph = objects.graph(&GraphOptions::default(), &control).map_err(|_| None)?;
    let id = graph.id(address).unwrap();
    Ok(rooted(&graph, id, Wanted::Unique, 10, &control).map_err(Some)?.reachable)
}

#[test]
fn a_search_that_is_stopped_at_any_step_calls_nothing_dead() {
    let dump = corpus::dump("net10-x64-wks-all").unwrap();
    let bytes = dump.bytes();
    let objects = objects(&bytes);
    // The end of a list of twenty thousand objects: the search has steps on the way.
    let alive = VirtAddr(dump.truth_address("address.graph.chainTail").unwrap());
    let mut interrupted = 0;
    let mut steps = 0;
    loop {
        match ask_with(&objects, alive, steps) {
            Ok(Some(true)) => break,
            Ok(Some(false)) => panic!("called dead when stopped at step {steps}"),
            Ok(None) | Err(_) => interrupted += 1,
        }
        steps += 1;
        assert!(steps < 1_000, "it never comes to its end");
    }
    assert!(interrupted > 3, "only {interrupted} steps");
    for bytes in [0, 1 << 10, 1 << 16, 1 << 20] {
        let control = Control::new().with_memory_budget(bytes);
        let graph = objects.graph(&GraphOptions::default(), &control);
        let found = graph.map(|graph| {
            let id = graph.id(alive).unwrap();
            rooted(&graph, id, Wanted::EachRoot, 10, &control).map(|found| found.reachable)
        });
        assert!(!matches!(found, Ok(Ok(Some(false)))), "{bytes}: {found:?}");
    }
}

#[test]
fn paths_name_the_fields_that_they_lead_through() {
    let dump = corpus::dump("net10-x64-wks-all").unwrap();
    with_graph(&dump, &GraphOptions::default(), |graph| {
        let steps_to = |key: &str| {
            let address = VirtAddr(dump.truth_address(key).unwrap());
            let id = graph.id(address).unwrap();
            let found = rooted(graph, id, Wanted::Unique, 1, &Control::new()).unwrap();
            let steps = chain(graph, &found.paths[0].objects);
            steps.into_iter().map(|step| step.via.unwrap_or_default()).collect::<Vec<_>>()
        };
        assert_eq!(steps_to("address.leak.entry42"), ["", "_entries", "[42].value"]);
        assert_eq!(steps_to("address.roots.staticStruct"), ["", "First"]);
        assert_eq!(steps_to("address.roots.dependent"), ["", "(dependent handle)"]);
    });
}

#[test]
fn static_fields_are_told_what_they_alone_hold() {
    for (name, expected) in [
        ("net8-x64-case001", "Cases.ProductCatalogue.bySku"),
        ("net9-x64-case003", "Cases.ModelService._cachedModels"),
    ] {
        let Some(dump) = corpus::dump(name) else { continue };
        with_graph(&dump, &GraphOptions::default(), |graph| {
            let control = Control::new();
            let fields = retained_by_static(graph, &control).unwrap();
            assert_eq!(fields[0].name, expected, "{name}");
            assert!(fields[1].retained.bytes < fields[0].retained.bytes / 10, "{name}");
        });
    }
}

#[test]
fn groups_hold_more_together_than_the_sum_of_what_each_holds_alone() {
    let dump = corpus::dump("net9-x64-case003").unwrap();
    with_graph(&dump, &GraphOptions::default(), |graph| {
        let labels =
            TypeLabels::new(graph.objects(), NameStyle::CSharp, &mut Issues::new()).unwrap();
        let control = Control::new();
        let types = retained_by(graph, &labels, RetainedBy::Type, 10, &control).unwrap();
        let retained = |name: &str| {
            let group = types.iter().find(|group| group.name.contains(name));
            group.unwrap_or_else(|| panic!("{name}: {types:?}")).retained
        };
        // What the models share is held by none of them alone, and by all of them together.
        let models = retained("Model");
        assert!(models.bytes >= retained("Byte[]").bytes / 2, "{types:?}");
        for group in &types {
            assert!(group.own.bytes <= group.retained.bytes, "{group:?}");
            assert!(group.own.objects <= group.retained.objects, "{group:?}");
        }
        let modules = retained_by(graph, &labels, RetainedBy::Module, 10, &control).unwrap();
        assert!(modules.iter().any(|group| group.name == "Zoo"), "{modules:?}");
        let contexts = retained_by(graph, &labels, RetainedBy::LoadContext, 10, &control).unwrap();
        assert!(!contexts.is_empty());
    });
}
