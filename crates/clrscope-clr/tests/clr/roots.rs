//! Handles and finalizer queues of real dumps, compared with what ClrMD reads from the same dump.

use std::collections::BTreeMap;

use clrscope_testkit::corpus;

use crate::support::{each_with_oracle, with_heap};

#[test]
fn handles_equal_the_oracles() {
    each_with_oracle(|name, oracle, heap| {
        let parsed = heap.handles();
        assert!(parsed.is_complete(), "{name}: {:?}", parsed.issues);
        let ours: BTreeMap<u64, _> = parsed
            .value
            .iter()
            .map(|h| (h.address.0, (h.object.0, h.dependent.unwrap_or_default().0)))
            .collect();
        let theirs: BTreeMap<u64, _> =
            oracle.handles.iter().map(|h| (h.address.0, (h.object.0, h.dependent.0))).collect();
        let differences: Vec<_> = ours
            .iter()
            .filter(|(address, handle)| theirs.get(address) != Some(handle))
            .chain(theirs.iter().filter(|(address, _)| !ours.contains_key(address)))
            .collect();
        assert!(differences.is_empty(), "{name}: {differences:x?}");
        for handle in &oracle.handles {
            let our = parsed.value.iter().find(|h| h.address.0 == handle.address.0);
            let kind = our.map(|h| h.kind.name());
            // ClrMD has no name for this kind and prints its number.
            let expected = if handle.kind == "10" { "WeakInteriorPointer" } else { &handle.kind };
            assert_eq!(kind, Some(expected), "{name}: handle {:#x}", handle.address.0);
        }
    });
}

#[test]
fn finalizer_queues_equal_the_oracles() {
    each_with_oracle(|name, oracle, heap| {
        let parsed = heap.finalizer_queues();
        assert!(parsed.is_complete(), "{name}: {:?}", parsed.issues);
        let space = &heap.runtime().snapshot().space;
        let sorted = |mut objects: Vec<u64>| {
            objects.sort_unstable();
            objects
        };
        let queues = &parsed.value;
        let ready: Vec<u64> =
            queues.iter().flat_map(|q| q.ready_objects(space)).map(|(_, o)| o.0).collect();
        let registered = queues.iter().flat_map(|q| q.registered_objects(space)).map(|o| o.0);
        // ClrMD's list of finalizable objects has the ready ones too.
        let all = registered.chain(ready.iter().copied()).collect();
        let theirs =
            |list: &[corpus::Finalizable]| sorted(list.iter().map(|object| object.0.0).collect());
        assert!(sorted(ready) == theirs(&oracle.finalizer_ready), "{name}: ready");
        assert!(sorted(all) == theirs(&oracle.finalizable), "{name}: registered");
    });
}

#[test]
fn the_handles_and_queues_of_x86_are_those_that_the_program_made() {
    for name in ["core21-x86-wks-all", "core31-x86-wks-all"] {
        let Some(dump) = corpus::dump(name) else { continue };
        let address = |key: &str| dump.truth_address(key).expect(key);
        with_heap(&dump, |heap| {
            let handles = heap.handles();
            assert!(handles.is_complete(), "{name}: {:?}", handles.issues);
            let kinds_of = |object: u64| -> Vec<_> {
                let of = handles.value.iter().filter(|h| h.object.0 == object);
                of.map(|h| h.kind.name()).collect()
            };
            assert!(kinds_of(address("address.roots.strongHandle")).contains(&"Strong"), "{name}");
            assert!(kinds_of(address("address.roots.pinnedHandle")).contains(&"Pinned"), "{name}");
            let dependent = address("address.roots.dependent");
            let holds = |h: &clrscope_clr::Handle| h.dependent.is_some_and(|d| d.0 == dependent);
            assert!(handles.value.iter().any(holds), "{name}");

            let queues = heap.finalizer_queues();
            assert!(queues.is_complete(), "{name}: {:?}", queues.issues);
            let space = &heap.runtime().snapshot().space;
            let ready = queues.value.iter().flat_map(|q| q.ready_objects(space)).count() as u64;
            let expected = dump.truth_count("finq.ready.leaf").expect("a count");
            // The program's own objects, and a few of the runtime's.
            assert!((expected..expected + 10).contains(&ready), "{name}: {ready}");
            let registered0 = address("address.finq.registered0");
            let mut registered = queues.value.iter().flat_map(|q| q.registered_objects(space));
            assert!(registered.any(|object| object.0 == registered0), "{name}");
        });
    }
}
