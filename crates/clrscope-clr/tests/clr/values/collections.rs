//! Collections of the program's `Types` scenario, the same on every runtime, and some of the runtime's
//! own.

use std::collections::{BTreeMap, BTreeSet};

use clrscope_clr::{Collection, Element, TextLimits};
use clrscope_memory::{Control, VirtAddr};

use crate::support::each_with;

fn texts(collection: &Collection<'_, '_>) -> Vec<String> {
    let text = |value: &clrscope_clr::Value<'_, '_>| value.text(TextLimits::default());
    let elements = collection.elements.iter().map(|element| match element {
        Element::Item(value) => text(value),
        Element::Pair { key, value } => format!("{}: {}", text(key), text(value)),
    });
    elements.collect()
}

#[test]
fn collections_hold_what_the_program_put_there() {
    each_with("types.names", |dump, _, types| {
        let collection = |index: usize| {
            let address =
                dump.truth_address(&format!("address.types.{index}")).expect("an address");
            let object = types.object(VirtAddr(address)).expect("an object");
            object.as_collection(100).expect("a collection")
        };
        let list = collection(16);
        assert_eq!((list.kind, list.count, list.capacity), ("List", Some(1), Some(4)));
        assert_eq!(texts(&list), LIST, "{}", dump.name());

        let concurrent = collection(17);
        assert_eq!(concurrent.kind, "ConcurrentDictionary");
        assert_eq!(concurrent.count, Some(50));
        let mut pairs = texts(&concurrent);
        pairs.sort();
        let mut expected: Vec<String> = (0..50).map(|n| format!("{n}: \"v{n}\"")).collect();
        expected.sort();
        assert_eq!(pairs, expected, "{}", dump.name());

        let set = collection(18);
        assert_eq!((set.kind, set.count), ("HashSet", Some(2)), "{}", dump.name());
        assert_eq!(texts(&set), SET, "{}", dump.name());

        let queue = collection(19);
        assert_eq!((queue.kind, queue.count), ("Queue", Some(3)));
        assert_eq!(texts(&queue), QUEUE, "{}", dump.name());
    });
}

const LIST: [&str; 1] =
    ["{ key = \"kv\", value = { N = 0, First = \"in list\", Q = 0, Second = null } }"];
const SET: [&str; 2] = ["\"h1\"", "\"h2\""];
const QUEUE: [&str; 3] = ["1", "2", "3"];

/// Every collection of every heap, of which there are hundreds of the runtime's own: it has as many
/// elements as it says.
#[test]
fn every_collection_has_as_many_elements_as_it_says() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    each_with("types.names", |dump, runtime, types| {
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("not stopped");
        // Whether a type is a collection is found out once.
        let mut others = BTreeSet::new();
        for object in objects.iter() {
            if others.contains(&object.ty) {
                continue;
            }
            let ty = object.ty;
            let Ok(object) = types.object(object.address) else { continue };
            let Some(collection) = object.as_collection(10_000) else {
                others.insert(ty);
                continue;
            };
            *seen.entry(collection.kind).or_default() += 1;
            let count = collection.count.map(|count| count.min(10_000));
            let found = collection.elements.len() as u64;
            assert_eq!(count, Some(found), "{} {:?}", dump.name(), object);
        }
    });
    assert!(seen.len() >= 6, "{seen:?}");
}
