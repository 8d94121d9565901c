//! Kinds of collections that are on no heap of the real dumps: a process made for the test has them. Names of
//! fields are those of dotnet/runtime, src/libraries/System.Collections.

use std::io::Cursor;

use clrscope_clr::{Element, Runtime, Value};
use clrscope_memory::VirtAddr;
use clrscope_testkit::clr::{
    HeapWriter, Process, ProcessOptions, Roots, SegmentKind, Slot, TypeIndex, TypeShape,
};

use crate::support::find_runtime;
use Slot::{Number, Reference};

type Heap = HeapWriter<Cursor<Vec<u8>>>;

fn class(process: &mut Process, name: &str, fields: &[(&str, Slot)]) -> TypeIndex {
    let slots: Vec<Slot> = fields.iter().map(|field| field.1).collect();
    let names: Vec<&str> = fields.iter().map(|field| field.0).collect();
    let index = process.add(TypeShape::class("System.Collections.Generic", name, &slots));
    process.name_fields(index, &names);
    index
}

/// Makes a process with what `fill` puts on its heap, and looks at the object that this gives.
fn on_heap(
    options: ProcessOptions,
    types: impl FnOnce(&mut Process) -> Vec<TypeIndex>,
    fill: impl FnOnce(&mut Heap, &[TypeIndex]) -> u64,
    test: impl FnOnce(&Runtime<'_>, VirtAddr),
) {
    let regions = options.regions;
    let mut process = Process::new(options);
    let types = types(&mut process);
    let mut heap = process.start(Cursor::new(Vec::new())).expect("written");
    let kind = if regions { SegmentKind::Generation0 } else { SegmentKind::Ephemeral };
    heap.segment(0, kind, 0x2000_0000, 0x40_0000).expect("written");
    let address = fill(&mut heap, &types);
    let (dump, _) = heap.finish(&Roots::default()).expect("written");
    test(&find_runtime(dump.get_ref()).expect("a runtime"), VirtAddr(address));
}

/// The first character of the string that a value refers to.
fn letter(runtime: &Runtime<'_>, value: &Value<'_, '_>) -> char {
    let space = &runtime.snapshot().space;
    let string = value.reference().expect("a reference");
    let characters = string.wrapping_add(space.target().pointer_bytes() + 4);
    let unit = space.read_u16(characters).expect("a character");
    char::from_u32(unit.into()).expect("a letter")
}

/// Checks the kind and the elements of a collection of strings of one letter, for both widths of pointers.
fn check(
    kind: &str,
    expected: &str,
    types: impl Fn(&mut Process) -> Vec<TypeIndex>,
    fill: impl Fn(&mut Heap, &[TypeIndex]) -> u64,
) {
    for options in [ProcessOptions::x64(), ProcessOptions::x86()] {
        on_heap(options, &types, &fill, |runtime, address| {
            let types = runtime.types().expect("types");
            let object = types.object(address).expect("an object");
            let collection = object.as_collection(10).expect("a collection");
            assert_eq!(collection.kind, kind);
            assert_eq!(collection.count, Some(expected.len() as u64));
            let letters = collection.elements.iter().filter_map(|element| match element {
                Element::Item(value) => Some(letter(runtime, value)),
                Element::Pair { .. } => None,
            });
            assert_eq!(letters.collect::<String>(), expected);
            // What is asked for is what is given.
            assert_eq!(object.as_collection(1).map(|one| one.elements.len()), Some(1));
        });
    }
}

#[test]
fn a_linked_list_is_a_ring_of_nodes() {
    check(
        "LinkedList",
        "abc",
        |process| {
            let list = class(process, "LinkedList`1", &[("head", Reference), ("count", Number)]);
            let node = [("next", Reference), ("prev", Reference), ("item", Reference)];
            vec![list, class(process, "LinkedListNode`1", &node)]
        },
        |heap, types| {
            let mut next = 0;
            for text in ["c", "b", "a"] {
                let item = heap.string(text).expect("written");
                next = heap.object(types[1], 0, &[next, 0, item]).expect("written");
            }
            heap.numbers(&[3]).object(types[0], 0, &[next]).expect("written")
        },
    );
}

#[test]
fn a_sorted_set_is_a_tree() {
    let node = [
        ("<Item>k__BackingField", Reference),
        ("<Left>k__BackingField", Reference),
        ("<Right>k__BackingField", Reference),
    ];
    let types = |process: &mut Process| {
        let set = class(process, "SortedSet`1", &[("root", Reference), ("count", Number)]);
        let node = class(process, "Node", &node);
        vec![set, node, class(process, "SortedDictionary`2", &[("_set", Reference)])]
    };
    let set = |heap: &mut Heap, types: &[TypeIndex]| {
        let [a, b, c] = ["a", "b", "c"].map(|text| heap.string(text).expect("written"));
        let left = heap.object(types[1], 0, &[a]).expect("written");
        let right = heap.object(types[1], 0, &[c]).expect("written");
        let root = heap.object(types[1], 0, &[b, left, right]).expect("written");
        heap.numbers(&[3]).object(types[0], 0, &[root]).expect("written")
    };
    check("SortedSet", "abc", types, set);
    check("SortedDictionary", "abc", types, |heap, types| {
        let set = set(heap, types);
        heap.object(types[2], 0, &[set]).expect("written")
    });
}

#[test]
fn a_tree_that_comes_back_to_itself_ends() {
    let types = |process: &mut Process| {
        let set = class(process, "SortedSet`1", &[("root", Reference), ("count", Number)]);
        let node = [("Item", Reference), ("Left", Reference), ("Right", Reference)];
        vec![set, class(process, "Node", &node)]
    };
    let fill = |heap: &mut Heap, types: &[TypeIndex]| {
        let item = heap.string("a").expect("written");
        let own = heap.next_address();
        let root = heap.object(types[1], 0, &[item, own, own]).expect("written");
        assert_eq!(root, own);
        heap.numbers(&[1_000_000]).object(types[0], 0, &[root]).expect("written")
    };
    on_heap(ProcessOptions::x64(), types, fill, |runtime, address| {
        let types = runtime.types().expect("types");
        let set = types.object(address).expect("an object");
        let collection = set.as_collection(usize::MAX).expect("a collection");
        assert_eq!((collection.count, collection.elements.len()), (Some(1_000_000), 1));
    });
}

#[test]
fn a_stack_is_the_beginning_of_an_array() {
    check(
        "Stack",
        "ab",
        |process| {
            let stack = class(process, "Stack`1", &[("_array", Reference), ("_size", Number)]);
            let array = TypeShape::References { element: Process::STRING, rank: 0 };
            vec![stack, process.add(array)]
        },
        |heap, types| {
            let items = ["a", "b"].map(|text| heap.string(text).expect("written"));
            let array = heap.object(types[1], 4, &items).expect("written");
            heap.numbers(&[2]).object(types[0], 0, &[array]).expect("written")
        },
    );
}

/// A struct of one field, as its box is: dotnet/runtime, src/libraries/System.Collections.Immutable,
/// ImmutableArray_1.cs.
fn immutable_array(process: &mut Process) -> Vec<TypeIndex> {
    let shape = TypeShape::class("System.Collections.Immutable", "ImmutableArray`1", &[Reference]);
    let immutable = process.add(shape);
    process.name_fields(immutable, &["array"]);
    let array = process.add(TypeShape::References { element: Process::STRING, rank: 0 });
    vec![immutable, array]
}

#[test]
fn an_immutable_array_is_all_of_its_array() {
    check("ImmutableArray", "abc", immutable_array, |heap, types| {
        let items = ["a", "b", "c"].map(|text| heap.string(text).expect("written"));
        let array = heap.object(types[1], 3, &items).expect("written");
        heap.object(types[0], 0, &[array]).expect("written")
    });
}

#[test]
fn an_immutable_array_that_was_never_made_has_no_count() {
    let fill =
        |heap: &mut Heap, types: &[TypeIndex]| heap.object(types[0], 0, &[0]).expect("written");
    on_heap(ProcessOptions::x64(), immutable_array, fill, |runtime, address| {
        let types = runtime.types().expect("types");
        let default = types.object(address).expect("an object");
        let collection = default.as_collection(10).expect("a collection");
        assert_eq!((collection.count, collection.elements.len()), (None, 0));
    });
}
