//! The heaps of the real dumps, compared with what ClrMD and the runtime's own DAC read from them.

use std::collections::{BTreeMap, BTreeSet};

use clrscope_clr::{Heap, HeapObjects, NameStyle, Object, SegmentKind, TypeId};
use clrscope_memory::{Control, VirtAddr};
use clrscope_testkit::corpus::{self, Address, CorpusDump};

use crate::support::{each_with_oracle, with_heap};

fn all_objects<'data>(heap: &Heap<'data>) -> HeapObjects<'data> {
    heap.objects(&Control::new()).expect("nothing interrupts")
}

#[test]
fn segments_are_the_oracles() {
    each_with_oracle(|name, oracle, heap| {
        assert_eq!(heap.is_server(), oracle.server, "{name}");
        assert_eq!(heap.heaps().len(), oracle.heaps.len(), "{name}");
        let pair =
            |range: clrscope_clr::AddressRange| match range.is_empty() && range.start.is_null() {
                true => [Address(0); 2],
                false => [Address(range.start.0), Address(range.end.0)],
            };
        for (ours, theirs) in heap.heaps().iter().zip(&oracle.heaps) {
            assert_eq!(ours.address.0, theirs.address.0, "{name}");
            assert_eq!(heap.has_regions(), theirs.regions, "{name}");
        }
        let ours: Vec<_> = heap
            .segments()
            .iter()
            .map(|segment| {
                let kind = match segment.kind.name() {
                    "gen0" => "Generation0",
                    "gen1" => "Generation1",
                    "gen2" => "Generation2",
                    "loh" => "Large",
                    "poh" => "Pinned",
                    "frozen" => "Frozen",
                    _ => "Ephemeral",
                };
                let generations = segment.generations.map(pair);
                let ranges = [segment.objects, segment.committed, segment.reserved].map(pair);
                (segment.heap, segment.address.0, kind.to_owned(), ranges, generations)
            })
            .collect();
        let theirs: Vec<_> = oracle
            .segments
            .iter()
            .map(|segment| {
                let ranges = [[segment.start, segment.end], segment.committed, segment.reserved];
                let generations = [segment.gen0, segment.gen1, segment.gen2];
                (segment.heap, segment.address.0, segment.kind.clone(), ranges, generations)
            })
            .collect();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "{name}");
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
    });
}

#[test]
fn objects_and_types_are_the_oracles() {
    each_with_oracle(|name, oracle, heap| {
        let objects = all_objects(heap);
        assert!(objects.damage().is_empty(), "{name}: {:?}", objects.damage());
        assert_eq!(objects.total().count, oracle.objects, "{name}");
        let ours: BTreeMap<_, _> = objects
            .types()
            .iter()
            .zip(objects.histogram())
            .map(|((_, info), stats)| (info.address.0, (stats.count, stats.bytes)))
            .collect();
        let theirs: BTreeMap<_, _> =
            oracle.types.iter().map(|ty| (ty.mt.0, (ty.count, ty.bytes))).collect();
        for (mt, theirs) in &theirs {
            let ours = ours.get(mt).copied().unwrap_or_default();
            if name.starts_with("core21")
                && objects.types().id(VirtAddr(*mt)).is_some_and(|id| objects.types()[id].is_free)
            {
                // The oracle's Free objects of 2.1 are up to seven bytes shorter than the gaps that
                // they fill.
                assert_eq!(ours.0, theirs.0, "{name}");
                assert!((theirs.1..theirs.1 + 8 * theirs.0).contains(&ours.1), "{name}");
            } else {
                assert_eq!(ours, *theirs, "{name} {mt:#x}");
            }
        }
        assert_eq!(ours.len(), theirs.len(), "{name}");
        let hash = objects.iter().fold(14_695_981_039_346_656_037u64, |hash, object| {
            (hash ^ object.address.0).wrapping_mul(1_099_511_628_211)
        });
        assert_eq!(Address(hash), oracle.address_hash, "{name}");
    });
}

/// What the references of a part of a heap add up to.
#[derive(Default)]
struct Edges {
    fields: u64,
    hash: u64,
    loader_allocators: Vec<VirtAddr>,
}

#[test]
fn references_are_the_oracles() {
    each_with_oracle(|name, oracle, heap| {
        let objects = all_objects(heap);
        let parts = objects
            .fold_references(
                &Control::new(),
                |_| Edges::default(),
                |edges, object, place, target| match place {
                    Some(_) => {
                        let edge = object.address.0.wrapping_mul(31) ^ target.0;
                        edges.fields += 1;
                        edges.hash = edges.hash.wrapping_add(edge);
                    }
                    None => edges.loader_allocators.push(target),
                },
            )
            .expect("nothing interrupts");
        let fields: u64 = parts.iter().map(|part| part.fields).sum();
        let hash = parts.iter().fold(0u64, |sum, part| sum.wrapping_add(part.hash));
        assert_eq!((fields, Address(hash)), (oracle.references, oracle.reference_hash), "{name}");

        // The oracle's sums are those of the fields alone: they lack the edges from instances of collectible
        // types to their loader allocators. Those of each `all` program are 15 instances of 15 types, each of
        // an assembly of its own.
        let allocators: Vec<_> =
            parts.iter().flat_map(|part| &part.loader_allocators).copied().collect();
        assert_eq!(allocators.len(), if name.ends_with("-all") { 15 } else { 0 }, "{name}");
        assert_eq!(allocators.iter().collect::<BTreeSet<_>>().len(), allocators.len(), "{name}");
        for allocator in allocators {
            let object = objects.object_at(allocator).expect("a loader allocator is an object");
            let mt = objects.types()[object.ty].address.0;
            let ty = oracle.types.iter().find(|ty| ty.mt.0 == mt).expect("the oracle knows it");
            assert_eq!(ty.name, "System.Reflection.LoaderAllocator", "{name}");
        }
    });
}

#[test]
fn an_object_is_found_at_its_address() {
    each_with_oracle(|name, _, heap| {
        let objects = all_objects(heap);
        for object in objects.iter().step_by(997) {
            assert_eq!(objects.object_at(object.address), Some(object), "{name}");
        }
        assert_eq!(objects.object_at(VirtAddr::NULL), None, "{name}");
    });
}

#[test]
fn healthy_heaps_have_no_faults() {
    let mut seen = 0;
    for dump in corpus::dumps() {
        // These were taken while the process ran, or without all of its memory.
        if dump.name().contains("series") || is_partial(&dump) {
            continue;
        }
        with_heap(&dump, |heap| {
            let found = all_objects(heap).verify(&Control::new()).expect("nothing interrupts");
            assert_eq!(found.faults, [], "{}", dump.name());
            assert_eq!(found.count, 0, "{}", dump.name());
            assert!(found.references > 0, "{}", dump.name());
        });
        seen += 1;
    }
    assert!(seen >= 7, "the project's own dumps are healthy");
}

fn is_partial(dump: &CorpusDump) -> bool {
    ["mini", "private"].iter().any(|part| dump.name().ends_with(part))
}

/// How many objects of a type there are, by its name as ClrMD prints it.
fn count_of(heap: &Heap<'_>, objects: &HeapObjects<'_>, name: &str) -> u64 {
    let types = heap.runtime().types().expect("types");
    objects
        .types()
        .iter()
        .zip(objects.histogram())
        .filter(|((_, info), _)| types.name(info.address).to_string_in(NameStyle::CSharp) == name)
        .map(|(_, stats)| stats.count)
        .sum()
}

/// The names of all types that have objects, with the counts, as ClrMD prints them.
fn counts(heap: &Heap<'_>, objects: &HeapObjects<'_>) -> BTreeMap<String, u64> {
    let types = heap.runtime().types().expect("types");
    let mut counts = BTreeMap::new();
    for ((_, info), stats) in objects.types().iter().zip(objects.histogram()) {
        let name = types.name(info.address).to_string_in(NameStyle::CSharp);
        *counts.entry(name).or_default() += stats.count;
    }
    counts
}

/// `Handler0`, `Handler1` and so on: each is the one type of a dynamic assembly.
fn is_numbered(kind: &str, name: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|number| number.parse::<u32>().is_ok())
}

/// All objects of a type, by the name of the type.
fn of_type<'a, 'data>(
    objects: &'a HeapObjects<'data>,
    name: &str,
) -> impl Iterator<Item = (Object, &'data [u8])> + 'a {
    let types = objects.heap().runtime().types().expect("types");
    let is_named = |id: TypeId| {
        let name_of = types.name(objects.types()[id].address);
        name_of.to_string_in(NameStyle::CSharp) == name
    };
    let ids: BTreeSet<_> =
        objects.types().iter().map(|(id, _)| id).filter(|&id| is_named(id)).collect();
    objects.iter().filter(move |object| ids.contains(&object.ty)).map(|object| {
        let bytes = objects.heap().space().slice(object.address, object.aligned_size as usize);
        (object, bytes.expect("it lies together"))
    })
}

/// How many objects the fan holds, in a list of its own.
fn children_of_the_fan(objects: &HeapObjects<'_>) -> u64 {
    let mut most = 0;
    for (fan, bytes) in of_type(objects, "Zoo.Wide") {
        objects.references_of(&fan, bytes, |_, target| {
            let list = objects.object_at(target).expect("an object");
            let bytes = objects.heap().space().slice(target, list.aligned_size as usize);
            let mut count = 0;
            objects.references_of(&list, bytes.expect("it lies together"), |_, _| count += 1);
            most = most.max(count);
        });
    }
    most
}

/// Arrays of bytes among the large objects.
fn large_arrays(heap: &Heap<'_>, objects: &HeapObjects<'_>) -> u64 {
    let is_large =
        |at| heap.segment_at(at).is_some_and(|segment| segment.kind == SegmentKind::Large);
    of_type(objects, "System.Byte[]").filter(|(object, _)| is_large(object.address)).count() as u64
}

/// How often the most frequent string is there.
fn most_frequent_string(objects: &HeapObjects<'_>) -> u64 {
    let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
    for (_, bytes) in of_type(objects, "System.String") {
        let length = u32::from_le_bytes(bytes[4..8].try_into().expect("four bytes")) as usize;
        *counts.entry(&bytes[8..8 + 2 * length]).or_default() += 1;
    }
    counts.into_values().max().unwrap_or_default()
}

#[test]
fn counts_of_the_x86_programs_are_the_truth() {
    let mut seen = 0;
    for dump in corpus::dumps().iter().filter(|dump| dump.name().contains("x86")) {
        with_heap(dump, |heap| {
            let name = dump.name();
            let objects = all_objects(heap);
            assert!(objects.damage().is_empty(), "{name}: {:?}", objects.damage());
            let counts = counts(heap, &objects);
            let truth = |key| dump.truth_count(key).expect("the truth has the count");
            let count = |ty: &str| counts.get(ty).copied().unwrap_or_default();
            let numbered =
                |kind| counts.keys().filter(|name| is_numbered(kind, name)).count() as u64;
            let found = [
                ("leak.entries", count("Zoo.CacheEntry")),
                // The rest are the two halves of the cycle.
                ("graph.chain", count("Zoo.Link") - 2 - truth("graph.fan")),
                ("graph.fan", children_of_the_fan(&objects)),
                ("finq.events", count("System.Threading.AutoResetEvent")),
                ("finq.semaphores", count("System.Threading.Semaphore")),
                ("heap.large", large_arrays(heap, &objects)),
                // One more is the literal that they are copies of.
                ("types.duplicateStrings", most_frequent_string(&objects) - 1),
                ("dynasm.run", numbered("Handler")),
                ("dynasm.collectible", numbered("Plugin")),
            ];
            for (key, found) in found {
                assert_eq!(found, truth(key), "{name} {key}");
            }
            let leaves = truth("finq.ready.leaf")
                + truth("finq.registered.leaf")
                + truth("finq.suppressed.leaf");
            assert_eq!(count("Zoo.Leaf"), leaves, "{name}");
            assert_eq!(
                heap.is_server(),
                dump.truth().expect("a truth")["runtime.serverGc"] == true
            );
        });
        seen += 1;
    }
    assert!(seen > 0, "one is in testdata");
}

#[test]
fn dumps_of_a_running_process_are_walked_to_the_end() {
    for dump in corpus::dumps().iter().filter(|dump| dump.name().contains("series")) {
        with_heap(dump, |heap| {
            let objects = all_objects(heap);
            // All of each segment is objects, contexts or damage that is reported.
            assert_eq!(objects.issues().count(), objects.damage().len() as u64, "{}", dump.name());
            assert!(!objects.damage().is_empty(), "{}", dump.name());
            let sessions = count_of(heap, &objects, "Zoo.LeakedSession");
            assert!(sessions > 0, "{}", dump.name());
            let last = objects.iter().last().expect("there are objects");
            let end = heap.segments().last().expect("there are segments").objects.end;
            let lost = objects.damage().last().map(|damage| damage.range.end);
            let walked = last.address.wrapping_add(last.aligned_size).max(lost.unwrap_or_default());
            assert!(end.0 - walked.0 <= 0x2000, "{}: {walked} of {end}", dump.name());
        });
    }
}

#[test]
fn a_dump_without_image_pages_still_has_its_objects() {
    let dump = corpus::dump("net8-x64-private").expect("it is in testdata");
    let whole = 95_210; // the same process as net8-x64-wks-all
    with_heap(&dump, |heap| {
        assert!(!heap.issues().is_empty(), "what is missing is said");
        assert_eq!(all_objects(heap).total().count, whole);
    });
}
