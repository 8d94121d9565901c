//! The finalizer queue of real dumps, compared with what the program said of itself.

use clrscope_analyze::{finalization, handle_list, kept_by_queue};
use clrscope_clr::{HandleKind, HeapObjects};
use clrscope_memory::{Control, Issues};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::{graph, objects};

/// The dumps of the program that has every scenario.
fn with_every_scenario(check: impl Fn(&CorpusDump, &HeapObjects<'_>)) {
    let mut checked = 0;
    for dump in corpus::dumps().iter().filter(|dump| dump.name().ends_with("-all")) {
        check(dump, &objects(&dump.bytes()));
        checked += 1;
    }
    assert!(checked >= 2, "only {checked} dumps");
}

#[test]
fn ready_and_suppressed_objects_are_counted() {
    with_every_scenario(|dump, objects| {
        let name = dump.name();
        let mut issues = Issues::new();
        let found = finalization(objects, &mut issues);
        assert!(issues.is_empty(), "{name}: {issues:?}");
        let count = |key: &str| dump.truth_count(key).expect(key);
        let ready = found.ready.len() as u64;
        assert!(ready >= count("finq.ready.leaf"), "{name}: {ready} ready");
        let registered = found.registered.len() as u64;
        assert!(registered >= count("finq.registered.leaf"), "{name}: {registered} registered");
        // The runtime's own objects suppress theirs, too.
        let suppressed = found.suppressed;
        let of_program = count("finq.suppressed.leaf");
        assert!((of_program..of_program + 50).contains(&suppressed), "{name}: {suppressed}");
        let in_queues: u64 = found.queues.iter().map(|q| q.ready.1 + q.critical.1).sum();
        assert_eq!(in_queues, ready, "{name}");
        let in_generations: u64 =
            found.queues.iter().flat_map(|q| &q.generations).map(|(_, count)| count).sum();
        assert_eq!(in_generations, registered, "{name}");
    });
}

#[test]
fn what_only_the_queue_keeps_is_at_least_the_queue() {
    let dump = corpus::dump("net6-x64-case004").expect("in testdata");
    let bytes = dump.bytes();
    let objects = objects(&bytes);
    let found = finalization(&objects, &mut Issues::new());
    let kept = kept_by_queue(&graph(&objects), &Control::new()).expect("nothing interrupts");
    // A connection has its event and that one's handle; the event is no part of the queue.
    let connections = dump.truth_count("case004.readyConnections").expect("a count");
    assert!(kept.objects >= found.ready.len() as u64, "{kept:?}");
    assert!(kept.objects >= 3 * connections, "{kept:?}");
    let own: u64 = found.ready.iter().map(|ready| ready.object.size).sum();
    assert!(kept.bytes > own && kept.bytes < objects.total().bytes, "{kept:?}, {own}");
}

#[test]
fn every_handle_has_its_object() {
    with_every_scenario(|dump, objects| {
        let name = dump.name();
        let mut issues = Issues::new();
        let all = handle_list(objects, None, &mut issues);
        assert!(issues.is_empty(), "{name}: {issues:?}");
        for entry in &all {
            assert!(entry.object.is_some(), "{name}: {:?}", entry.handle);
            assert_eq!(entry.dependent.is_some(), entry.handle.dependent.is_some(), "{name}");
        }
        let dependent = handle_list(objects, Some(HandleKind::Dependent), &mut issues);
        assert!(!dependent.is_empty() && dependent.len() < all.len(), "{name}");
        assert!(dependent.iter().all(|entry| entry.handle.kind == HandleKind::Dependent));
    });
}
