//! What piles up, on real dumps: subscribers of events, timers.

use clrscope_analyze::{CallbackKind, Facts, crowded_events, waiting_callbacks};
use clrscope_memory::Control;
use clrscope_testkit::corpus;

use crate::support::with_facts;

/// Asks a dump; `None`, if it is not there.
fn ask<R>(name: &str, ask: impl FnOnce(&Facts<'_, '_>) -> R) -> Option<R> {
    Some(with_facts(&corpus::dump(name)?.bytes(), ask))
}

#[test]
fn the_timer_of_the_program_is_alive() {
    let mut seen = 0;
    for name in ["net10-x64-wks-all", "core21-x86-wks-all", "net6-x64-wks-all"] {
        let control = Control::new();
        let groups = ask(name, |facts| {
            let graph = facts.graph(&control).expect("a graph");
            let search = facts.search(&control).expect("a search");
            let types = facts.runtime().expect("a runtime").types().expect("types");
            waiting_callbacks(graph, types, &search, &control).expect("nothing interrupts")
        });
        let Some(groups) = groups else { continue };
        let timers = groups.iter().filter(|group| group.kind == CallbackKind::Timer);
        assert_eq!(timers.map(|group| group.count).sum::<u64>(), 1, "{name}: {groups:?}");
        seen += 1;
    }
    assert!(seen >= 2, "those of testdata are always there");
}

#[test]
fn an_event_is_found_with_its_subscribers() {
    let control = Control::new();
    let events = |least: u64| {
        ask("net10-x64-wks-all", |facts| {
            let graph = facts.graph(&control).expect("a graph");
            let search = facts.search(&control).expect("a search");
            let types = facts.runtime().expect("a runtime").types().expect("types");
            let labels = &facts.labels(&control).expect("names").value;
            let events =
                crowded_events(graph, types, &search, least, &control).expect("nothing interrupts");
            let events = events.into_iter().map(|event| {
                let subscribers = event.subscribers.iter();
                let mut names: Vec<String> =
                    subscribers.map(|&(ty, _)| labels.name(ty).to_owned()).collect();
                names.sort();
                (labels.name(event.delegate.ty).to_owned(), event.handlers, names)
            });
            events.collect::<Vec<_>>()
        })
        .expect("it is in testdata")
    };
    let subscribers = ["Zoo.Roots+<>c__DisplayClass28_0", "Zoo.Subscriber"].map(str::to_owned);
    assert_eq!(events(2), [("System.EventHandler".to_owned(), 2, subscribers.to_vec())]);
    assert_eq!(events(3), []);
}
