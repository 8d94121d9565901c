//! Objects that were overwritten: the walk says which stretch it left out and goes on at the next object.

use std::collections::BTreeSet;

use clrscope_clr::{Damage, DamageKind, FaultKind, LayoutMode, NameStyle, Object, find_runtimes};
use clrscope_memory::{AddressSpace, Control, Range, VirtAddr, limits};
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{ObjectTruth, Process, ProcessOptions, Shape, Truth, shaped};
use clrscope_testkit::corpus;
use proptest::prelude::*;

use crate::support::heap;

/// Where the bytes of the object at `address` are in the dump.
fn place(dump: &[u8], address: u64) -> usize {
    let snapshot = Minidump::parse(dump).expect("a minidump").snapshot().value;
    let bytes = snapshot.space.slice(VirtAddr(address), 4).expect("it is in the dump");
    bytes.as_ptr() as usize - dump.as_ptr() as usize
}

struct Found {
    damage: Vec<Damage>,
    addresses: Vec<u64>,
    faults: Vec<(u64, FaultKind)>,
    unsound: BTreeSet<u64>,
    issues: u64,
}

fn walk(dump: &[u8]) -> Found {
    let objects = heap(dump).objects(&Control::new()).expect("nothing interrupts");
    let verified = objects.verify(&Control::new()).expect("nothing interrupts");
    let is_object = |object: &Object| objects.types().get(object.ty).is_some_and(|ty| !ty.is_free);
    let asked = objects.iter().filter(is_object).map(|object| object.address);
    let asked = asked.chain(objects.damage().iter().map(|damage| damage.range.start)).collect();
    let unsound = objects.unsound(&asked, &Control::new()).expect("nothing interrupts");
    Found {
        unsound: unsound.iter().map(|object| object.0).collect(),
        damage: objects.damage().to_vec(),
        addresses: objects.iter().map(|object| object.address.0).collect(),
        faults: verified.faults.iter().map(|fault| (fault.object.0, fault.kind)).collect(),
        issues: objects.issues().count(),
    }
}

/// Objects far enough from one another, and from the ends of what can be walked, that what is said of one
/// does not depend on another.
fn apart(truth: &Truth, seed: usize) -> Vec<&ObjectTruth> {
    let segment = |object: &ObjectTruth| {
        truth.segments.iter().position(|s| (s.start..s.end).contains(&object.address))
    };
    let is_apart = |index: usize| {
        let follow = truth.all[index..].windows(2).take(12);
        truth.all.len() > index + 12
            && follow.into_iter().all(|pair| {
                segment(&pair[0]) == segment(&pair[1])
                    && pair[0].address + pair[0].size == pair[1].address
            })
    };
    let chosen = (seed % 40..truth.all.len()).step_by(40).filter(|&index| is_apart(index));
    chosen.map(|index| &truth.all[index]).collect()
}

/// Of more faults than are kept, all are counted, each under its kind.
#[test]
fn faults_are_counted_past_the_limit() {
    let options = ProcessOptions::x64();
    let (mut dump, truth) = shaped(&Shape { options, seed: 1, classes: 8, objects: 60_000 });
    let chosen = apart(&truth, 0);
    let places: Vec<usize> = chosen.iter().map(|object| place(&dump, object.address)).collect();
    for at in &places {
        dump[*at..*at + 8].copy_from_slice(&1u64.to_le_bytes());
    }
    let objects = heap(&dump).objects(&Control::new()).expect("nothing interrupts");
    let verified = objects.verify(&Control::new()).expect("nothing interrupts");
    assert!(places.len() > limits::MAX_ISSUES, "{}", places.len());
    assert_eq!(verified.faults.len(), limits::MAX_ISSUES);
    assert_eq!(verified.kinds["no-method-table"], places.len() as u64);
    assert_eq!(verified.kinds.values().sum::<u64>(), verified.count);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_walk_goes_on_at_the_next_object(
        wide in any::<bool>(),
        regions in any::<bool>(),
        seed in any::<u64>(),
        rubbish in prop::sample::select(vec![0u64, 1, 0xffff_ffff_ffff_fff8, 0x1234_5678]),
    ) {
        let options = ProcessOptions { wide, regions, ..ProcessOptions::x64() };
        let (mut dump, truth) = shaped(&Shape { options, seed, classes: 8, objects: 400 });
        let chosen = apart(&truth, seed as usize);
        let width = if wide { 8 } else { 4 };
        for object in &chosen {
            let at = place(&dump, object.address);
            dump[at..at + width].copy_from_slice(&rubbish.to_le_bytes()[..width]);
        }
        let found = walk(&dump);
        let expected: Vec<_> = chosen.iter().map(|o| (o.address, o.address + o.size)).collect();
        let ranges: Vec<_> =
            found.damage.iter().map(|d| (d.range.start.0, d.range.end.0)).collect();
        prop_assert_eq!(ranges, expected);
        prop_assert!(found.damage.iter().all(|d| d.kind == DamageKind::NoMethodTable));
        prop_assert_eq!(found.issues, chosen.len() as u64);
        let lost: BTreeSet<u64> = chosen.iter().map(|object| object.address).collect();
        let sound = truth.all.iter().map(|o| o.address).filter(|at| !lost.contains(at));
        prop_assert_eq!(found.addresses, sound.collect::<Vec<_>>());
        // Who refers to what is lost is at fault too.
        let mut expected: BTreeSet<(u64, u64)> =
            lost.iter().map(|&object| (object, object)).collect();
        for object in truth.all.iter().filter(|object| !lost.contains(&object.address)) {
            let broken = object.references.iter().filter(|target| lost.contains(target));
            expected.extend(broken.map(|&target| (object.address, target)));
        }
        let faults: BTreeSet<(u64, u64)> = found
            .faults
            .iter()
            .map(|&(object, kind)| match kind {
                FaultKind::NotAnObject { target, .. } => (object, target.0),
                _ => (object, object),
            })
            .collect();
        let at_fault = expected.iter().map(|&(object, _)| object).collect::<BTreeSet<_>>();
        prop_assert_eq!(faults, expected);
        prop_assert_eq!(found.unsound, at_fault);
    }
}

#[test]
fn a_length_that_leads_out_of_its_segment_is_damage() {
    let options = ProcessOptions { regions: false, ..ProcessOptions::x64() };
    let (mut dump, truth) = shaped(&Shape { options, seed: 5, classes: 8, objects: 400 });
    let array = (0..40)
        .flat_map(|seed| apart(&truth, seed))
        .find(|object| object.type_index == Process::OBJECTS)
        .expect("there are arrays");
    let at = place(&dump, array.address);
    dump[at + 8..at + 12].copy_from_slice(&0x7fff_fff0u32.to_le_bytes());
    let found = walk(&dump);
    let [damage] = found.damage.as_slice() else { panic!("{:?}", found.damage) };
    assert_eq!(damage.kind, DamageKind::TooLarge);
    assert_eq!(damage.range.start.0, array.address);
    assert_eq!(damage.range.end.0, array.address + array.size);
}

#[test]
fn a_run_of_equal_objects_is_taken_up_behind_a_second_damaged_place() {
    let options = ProcessOptions::x64();
    let mut process =
        Process::new(options).start(std::io::Cursor::new(Vec::new())).expect("memory");
    process.keep_all();
    let kind = clrscope_testkit::clr::SegmentKind::Generation0;
    process.segment(0, kind, 0x1_0000_0000, 0x40_0000).expect("memory");
    for _ in 0..100 {
        process.object(Process::OBJECT, 0, &[]).expect("memory");
    }
    let (dump, truth) = process.finish(&Default::default()).expect("memory");
    let mut dump = dump.into_inner();
    for index in [10, 14] {
        let at = place(&dump, truth.all[index].address);
        dump[at..at + 8].fill(0);
    }
    let found = walk(&dump);
    // Between the two there are too few to be believed.
    let [damage] = found.damage.as_slice() else { panic!("{:?}", found.damage) };
    let expected = (truth.all[10].address, truth.all[15].address);
    assert_eq!((damage.range.start.0, damage.range.end.0), expected);
    assert_eq!(found.addresses.len(), 95);
}

#[test]
fn what_the_dump_lacks_is_no_fault_of_the_heap() {
    let dump = corpus::dump("net8-x64-case005").expect("it is in testdata");
    let bytes = dump.bytes();
    let mut snapshot = Minidump::parse(&bytes).expect("a minidump").snapshot().value;
    // All types of the program itself: without the loader's pages that their method tables are on.
    let lost: BTreeSet<u64> = {
        let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
        let runtime = runtimes.first().expect("a runtime");
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("nothing interrupts");
        let types = runtime.types().expect("a known layout");
        let tables = objects.types().iter().map(|(_, info)| info.address);
        let of_program = tables
            .filter(|&at| types.name(at).to_string_in(NameStyle::CSharp).starts_with("Cases."));
        of_program.map(|at| at.0 & !0xfff).collect()
    };
    assert!(!lost.is_empty());
    let mut ranges = Vec::new();
    for (start, run) in snapshot.space.iter() {
        let offset = snapshot.space.file_offset(start).expect("it is captured").0;
        let (mut from, end) = (start.0, start.0 + run.len() as u64);
        for &to in lost.range(from..end).chain([&end]) {
            if from < to {
                ranges.push(Range::new(VirtAddr(from), to - from, offset + (from - start.0)));
            }
            from = to + 0x1000;
        }
    }
    snapshot.space = AddressSpace::from_ranges(&bytes, &ranges, snapshot.target).value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let heap = runtimes.first().expect("a runtime").heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("nothing interrupts");
    let kinds: Vec<_> = objects.damage().iter().map(|damage| damage.kind).collect();
    assert!(!kinds.is_empty());
    assert!(kinds.iter().all(|&kind| kind == DamageKind::AbsentMethodTable), "{kinds:?}");
    let verified = objects.verify(&Control::new()).expect("nothing interrupts");
    assert_eq!(verified.absences(), verified.count, "{:?}", verified.kinds);
    assert!(verified.kinds.contains_key("absent-target"), "{:?}", verified.kinds);
}
