//! The account of real processes adds up.

use std::collections::BTreeMap;

use clrscope_analyze::{
    Account, AccountVerdict, MemoryClass, account, address_map, address_summary, os_handles,
};
use clrscope_clr::{HeapObjects, LayoutMode, find_runtimes};
use clrscope_memory::{Control, Issues, RegionRecord, RegionState, RegionType, Snapshot, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, Address, CorpusDump, Oracle, Segment};

use crate::support::find_runtime;

fn with_account(
    dump: &CorpusDump,
    check: impl FnOnce(&Account, &Snapshot<'_>, Option<&HeapObjects<'_>>),
) {
    let (name, bytes) = (dump.name(), dump.bytes());
    let snapshot = Minidump::parse(&bytes).expect(name).snapshot().value;
    let control = Control::new();
    let heap = find_runtime(&bytes).and_then(|runtime| runtime.heap().ok());
    let objects = heap.map(|heap| heap.objects(&control).expect("objects"));
    let found = account(&snapshot, objects.as_ref(), &mut Issues::new(), &control).expect(name);
    check(&found, &snapshot, objects.as_ref());
}

fn committed(account: &Account, classes: &[MemoryClass]) -> u64 {
    let lines = account.lines.iter().filter(|line| classes.contains(&line.class));
    lines.map(|line| line.committed).sum()
}

#[test]
fn every_byte_of_every_region_is_in_one_class() {
    let mut with_regions = 0;
    for dump in corpus::dumps() {
        with_account(&dump, |account, snapshot, objects| {
            let name = dump.name();
            let in_state = |state: RegionState| -> u64 {
                let regions = snapshot.regions.iter().filter(|region| region.state == state);
                regions.map(|region| region.size).sum()
            };
            if account.has_regions {
                assert_eq!(account.committed, in_state(RegionState::Commit), "{name}");
                assert_eq!(account.reserved, in_state(RegionState::Reserve), "{name}");
                with_regions += 1;
            } else {
                assert_eq!(account.committed, snapshot.space.total_bytes(), "{name}");
            }
            let Some(objects) = objects else { return };
            let segments = objects.heap().segments().iter();
            let heap: u64 = segments.map(|segment| segment.objects.len()).sum();
            let of_gc = committed(account, &[MemoryClass::GcObjects, MemoryClass::GcFree]);
            assert_eq!(of_gc, heap, "{name}");
            if let Some(native) = dump.truth_count("heap.nativeBytes") {
                // The program wrote a Z to every page of its blocks of 1 MB.
                let own =
                    account.lines.iter().filter(|line| line.detail.ends_with("pattern \"Z\""));
                let own: u64 = own.map(|line| line.committed).sum();
                assert!(own >= native, "{name}: {own} of {native}");
                assert!(account.native >= own, "{name}: {} of {own}", account.native);
            }
        });
    }
    assert!(with_regions >= 4, "only {with_regions} dumps");
}

#[test]
fn little_private_memory_is_left_unexplained() {
    let mut seen = 0;
    for dump in corpus::dumps().into_iter().filter(|dump| dump.name().ends_with("-all")) {
        with_account(&dump, |account, _, _| {
            // Where the dump does not say what is private, everything is that is no image and no view.
            let shared = account.committed_of(&[MemoryClass::Image, MemoryClass::Mapped]);
            let private = match account.has_regions {
                true => account.private,
                false => account.committed - shared,
            };
            let share = account.unexplained as f64 / private as f64;
            assert!(share < 0.05, "{}: {:.1} %", dump.name(), share * 100.0);
            seen += 1;
        });
    }
    assert!(seen >= 2, "only {seen} dumps");
}

#[test]
fn the_map_has_no_gap_and_no_overlap() {
    for dump in corpus::dumps() {
        let (name, bytes) = (dump.name(), dump.bytes());
        let snapshot = Minidump::parse(&bytes).expect(name).snapshot().value;
        let control = Control::new();
        let map = address_map(&snapshot, None, &mut Issues::new(), &control).expect(name);
        let mut pieces = map.pieces.iter().peekable();
        for (index, region) in map.regions.iter().enumerate() {
            let mut at = region.base;
            while let Some(piece) = pieces.next_if(|piece| piece.region == index) {
                assert_eq!(piece.range.start, at, "{name}");
                at = piece.range.end;
            }
            assert_eq!(at.0, region.base.0 + region.size, "{name}");
        }
        assert_eq!(pieces.next(), None, "{name}");
        let summary = address_summary(&map);
        let usages: u64 = summary.usages.iter().map(|(_, sum)| sum.bytes).sum();
        assert_eq!(usages, summary.busy.bytes, "{name}");
    }
}

#[test]
fn many_handles_and_little_memory_is_a_leak_of_handles() {
    let dump = corpus::dump("net6-x64-case004").expect("in testdata");
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).expect("it is one");
    let handles = os_handles(&minidump, &mut Issues::new()).expect("they are listed");
    with_account(&dump, |account, _, _| {
        assert_ne!(account.verdict, Some(AccountVerdict::Handles));
        let account = account.clone().with_handles(&handles);
        assert_eq!(account.verdict, Some(AccountVerdict::Handles));
        let (name, count) = account.handles.expect("they were given").top.expect("there are some");
        assert_eq!(name, "Event");
        assert!(count >= 2_300, "{count}");
    });
}

#[test]
fn a_native_leak_is_called_native_and_shows_its_pattern() {
    let dump = corpus::dump("net10-x64-svr-case002").expect("in testdata");
    let native = dump.truth_count("case002.nativeBytes").expect("it is in the truth");
    with_account(&dump, |account, _, _| {
        assert_eq!(account.verdict, Some(AccountVerdict::Native));
        assert!(account.native >= native);
        // Three quarters of the blocks are of a heap, the others allocations of their own.
        let lines = account.lines.iter().filter(|line| line.detail.contains("pattern \"PMBGIF\""));
        assert!(lines.map(|line| line.committed).sum::<u64>() >= native);
    });
}

#[test]
fn what_emitted_assemblies_take_is_code() {
    let dump = corpus::dump("core31-x64-case000").expect("in testdata");
    let bytes = &dump.bytes();
    with_account(&dump, |account, _, _| {
        // Each assembly has two handles of the operating system; they are not the story.
        let minidump = Minidump::parse(bytes).expect("it is one");
        let handles = os_handles(&minidump, &mut Issues::new()).expect("they are listed");
        let account = account.clone().with_handles(&handles);
        assert!(account.handles.as_ref().is_some_and(|handles| handles.count > 6_000));
        assert_eq!(account.verdict, Some(AccountVerdict::Code));
        // Half of it is in the loader's heaps, half are the runtime's own objects on the process's heap.
        // ClrMD lists the loader's heaps of 3.1 twice (of the system's domain, which shares those of the
        // application's), 67.5 MB of low-frequency heap, and counts what is only set aside.
        let loader = account.committed_of(&[MemoryClass::LoaderHeaps]);
        assert!((30_000_000..40_000_000).contains(&loader), "{loader}");
        assert!(account.code > 60_000_000, "{}", account.code);
    });
}

/// Bytes by heap and generation, as ClrMD has them.
fn oracle_generations(oracle: &Oracle) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    let mut add = |heap: u32, generation: &str, [start, end]: [Address; 2]| {
        *sums.entry(format!("heap {heap} {generation}")).or_default() += end.0 - start.0;
    };
    for segment in &oracle.segments {
        match segment.kind.as_str() {
            "Large" => add(segment.heap, "loh", [segment.start, segment.end]),
            "Pinned" => add(segment.heap, "poh", [segment.start, segment.end]),
            "Frozen" => add(segment.heap, "frozen", [segment.start, segment.end]),
            _ => {
                add(segment.heap, "gen0", segment.gen0);
                add(segment.heap, "gen1", segment.gen1);
                add(segment.heap, "gen2", segment.gen2);
            }
        }
    }
    sums.retain(|_, bytes| *bytes > 0);
    sums
}

#[test]
fn generations_and_segments_add_up_to_the_oracles() {
    let mut seen = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        let name = dump.name();
        with_account(&dump, |account, _, _| {
            let mut used: BTreeMap<String, u64> = BTreeMap::new();
            let (mut committed, mut reserved) = (0, 0);
            for line in &account.lines {
                match line.class {
                    MemoryClass::GcObjects | MemoryClass::GcFree => {
                        *used.entry(line.detail.clone()).or_default() += line.committed;
                        committed += line.committed;
                    }
                    MemoryClass::GcUnused if line.detail.starts_with("heap") => {
                        committed += line.committed;
                        reserved += line.reserved;
                    }
                    _ => {}
                }
            }
            used.retain(|_, bytes| *bytes > 0);
            assert_eq!(used, oracle_generations(&oracle), "{name}");
            if account.has_regions {
                let sum = |ranges: fn(&Segment) -> [Address; 2]| -> u64 {
                    let ranges = oracle.segments.iter().map(ranges);
                    ranges.map(|[start, end]| end.0 - start.0).sum()
                };
                assert_eq!(committed, sum(|segment| segment.committed), "{name}");
                assert_eq!(reserved, sum(|segment| segment.reserved), "{name}");
                seen += 1;
            }
        });
    }
    assert!(seen >= 4, "only {seen} dumps");
}

#[test]
fn the_counter_of_private_bytes_is_within_what_wine_counts() {
    let mut seen = 0;
    for dump in corpus::dumps() {
        let (name, bytes) = (dump.name(), dump.bytes());
        let minidump = Minidump::parse(&bytes).expect(name);
        let counters = minidump.process_vm_counters().take(&mut Issues::new());
        let Some(counted) = counters.map(|counters| counters.private_usage()) else { continue };
        with_account(&dump, |account, _, _| {
            let Some(wine) = account.wine.filter(|_| account.has_regions) else { return };
            let most = account.private + account.copied + wine.images_read + wine.page_table;
            assert!(counted <= most, "{name}: {counted} of {most}");
            seen += 1;
        });
    }
    assert!(seen >= 4, "only {seen} dumps");
}

#[test]
fn regions_as_large_as_the_address_space_are_read_where_they_are_captured() {
    let bytes = corpus::dump("net8-x64-case005").expect("it is in testdata").bytes();
    let mut snapshot = Minidump::parse(&bytes).expect("a minidump").snapshot().value;
    // Of no known kind, so that anything could begin in it; and what is free, twice.
    let all = |state| RegionRecord {
        base: VirtAddr(0x10000),
        allocation_base: VirtAddr(0x10000),
        size: u64::MAX,
        state,
        kind: RegionType::Unknown,
        protection: 4,
    };
    let states = [RegionState::Commit, RegionState::Free, RegionState::Free];
    snapshot.regions.extend(states.map(all));
    snapshot.regions.sort_by_key(|region| region.base);
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let heap = runtimes.first().expect("a runtime").heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("nothing interrupts");
    let map = address_map(&snapshot, Some(&objects), &mut Issues::new(), &Control::new());
    let summary = address_summary(&map.expect("nothing interrupts"));
    assert_eq!(summary.free.bytes, u64::MAX);
}
