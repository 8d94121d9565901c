//! The loader's heaps of real dumps, compared per kind with what another reader sees.

use std::collections::BTreeMap;

use clrscope_clr::{AllocatorKind, GcMemoryKind, LoaderHeap, LoaderHeapKind, LoaderHeaps, Runtime};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::find_runtime;

fn with_heaps(dump: &CorpusDump, test: impl FnOnce(&Runtime<'_>, &LoaderHeaps)) {
    let bytes = dump.bytes();
    let Some(runtime) = find_runtime(&bytes) else { return };
    let heaps = LoaderHeaps::read(&runtime);
    // Dumps without the pages of images have no table of globals, and the answer says what is missing.
    // Those that were taken while the process ran can be torn.
    if dump.name().contains("-series-") {
        return;
    }
    let is_whole = runtime.globals().address("EEJitManager").is_some();
    assert_eq!(heaps.issues.is_empty(), is_whole, "{}: {:?}", dump.name(), heaps.issues);
    if is_whole {
        test(&runtime, &heaps.value);
    }
}

/// The oracle's name of a kind. It does not ask for what executes and is neither stub nor JIT's, nor for
/// stubs of virtual calls, and has no name for what holds static fields.
fn oracle_name(kind: LoaderHeapKind) -> Option<&'static str> {
    match kind {
        LoaderHeapKind::Executable | LoaderHeapKind::Vtable => None,
        LoaderHeapKind::Statics => Some("Unknown"),
        other => Some(other.name()),
    }
}

/// How often the oracle counts the heaps of an owner. It asks each domain for its heaps, and the system
/// domain and that of the application have the same since .NET Core 3.0, as the system domain and the
/// shared one had before. From .NET 8 on it also asks the owner of each module; only so it comes
/// to those of assemblies that can be unloaded.
fn times_counted(owner: Option<AllocatorKind>, major: u32) -> u64 {
    match owner {
        Some(AllocatorKind::Global) if major >= 8 => 3,
        Some(AllocatorKind::Global) => 2,
        Some(AllocatorKind::Collectible) => u64::from(major >= 8),
        Some(AllocatorKind::AppDomain) | None => 1,
    }
}

#[test]
fn what_was_freed_while_the_dump_was_written_is_no_block() {
    // The chain of one heap leads to memory that is something else by now.
    let Some(dump) = corpus::dump("net9-x64-series-2") else { return };
    let bytes = dump.bytes();
    let heaps = LoaderHeaps::read(&find_runtime(&bytes).expect("a runtime"));
    let issues: Vec<String> = heaps.issues.iter().map(ToString::to_string).collect();
    assert!(issues.iter().any(|issue| issue.contains("a block of a loader heap")), "{issues:?}");
    let blocks = heaps.value.heaps.iter().flat_map(|heap| &heap.blocks);
    for block in blocks {
        assert!(block.range.start.is_aligned(0x1000) && block.range.len() < 1 << 24, "{block:?}");
    }
}

#[test]
fn sums_per_kind_equal_the_oracles() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_heaps(&dump, |runtime, found| {
            let major = u32::from(runtime.version().major);
            let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
            let mut add = |kind, bytes| {
                if bytes > 0
                    && let Some(name) = oracle_name(kind)
                {
                    *expected.entry(name).or_default() += bytes;
                }
            };
            for heap in &found.heaps {
                let owner = found.owner(heap).map(|owner| owner.kind);
                if heap.kind.is_jitted_code() {
                    add(heap.kind, heap.reserved());
                    continue;
                }
                let bytes = heap.reserved() * times_counted(owner, major);
                add(heap.kind, bytes);
                // What can be unloaded has one heap, which three fields point at.
                if owner == Some(AllocatorKind::Collectible)
                    && heap.kind == LoaderHeapKind::HighFrequency
                {
                    add(LoaderHeapKind::LowFrequency, bytes);
                    if major >= 9 {
                        add(LoaderHeapKind::Statics, bytes);
                    }
                }
            }
            let theirs: BTreeMap<&str, u64> = oracle
                .native_heaps
                .iter()
                .map(|(kind, &bytes)| (kind.as_str(), bytes))
                .filter(|(kind, _)| !kind.starts_with("GC") && *kind != "HandleTable")
                .collect();
            assert_eq!(expected, theirs, "{}", dump.name());
            checked += 1;
        });
    }
    assert!(checked >= 6, "only {checked} dumps");
}

#[test]
fn what_the_gc_keeps_beside_its_objects_equals_the_oracles() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_heaps(&dump, |runtime, _| {
            let found = runtime.heap().expect("a heap").gc_memory();
            assert!(found.issues.is_empty(), "{}: {:?}", dump.name(), found.issues);
            let mut ours: BTreeMap<&str, u64> = BTreeMap::new();
            for memory in &found.value {
                // The oracle has all of a table of handles or cards, of a free region what is backed.
                let bytes = match memory.kind {
                    GcMemoryKind::FreeRegion => memory.committed,
                    _ => memory.range.len(),
                };
                *ours.entry(memory.kind.name()).or_default() += bytes;
            }
            let is_gc = |kind: &str| kind.starts_with("GC") || kind == "HandleTable";
            let theirs = oracle.native_heaps.iter().filter(|(kind, _)| is_gc(kind));
            let theirs: BTreeMap<&str, u64> =
                theirs.map(|(kind, &bytes)| (kind.as_str(), bytes)).collect();
            // Debuggers of .NET 7 and earlier cannot ask for any of it.
            if runtime.version().major >= 8 {
                assert_eq!(ours, theirs, "{}", dump.name());
                checked += 1;
            } else {
                assert!(theirs.is_empty());
                assert!(ours["HandleTable"] > 0);
            }
        });
    }
    assert!(checked >= 3, "only {checked} dumps");
}

#[test]
fn blocks_are_disjoint_and_backed() {
    for dump in corpus::dumps() {
        with_heaps(&dump, |runtime, found| {
            let name = dump.name();
            let mut blocks: Vec<_> = found.heaps.iter().flat_map(|heap| &heap.blocks).collect();
            blocks.sort_by_key(|block| block.range.start);
            for pair in blocks.windows(2) {
                assert!(pair[0].range.end <= pair[1].range.start, "{name}: {pair:?}");
            }
            let whole = !runtime.snapshot().regions.is_empty();
            for heap in &found.heaps {
                assert!(heap.committed() <= heap.reserved(), "{name}: {heap:?}");
                assert!(
                    !whole || heap.blocks.is_empty() || heap.committed() > 0,
                    "{name}: {heap:?}"
                );
                assert!(heap.free <= heap.committed(), "{name}: {heap:?}");
            }
            // Method tables are in the heaps of the owner of their module.
            let Ok(types) = runtime.types() else { return };
            let loader = |heap: &&LoaderHeap| !heap.kind.is_jitted_code();
            let holds = |address| {
                let all = found.heaps.iter().filter(loader).flat_map(|heap| &heap.blocks);
                all.filter(|block| block.range.contains(address)).count() == 1
            };
            let of_images =
                |address| runtime.snapshot().modules.iter().any(|m| m.contains(address));
            let loaded = types.loaded();
            let outside = loaded.iter().filter(|&&at| !holds(at) && !of_images(at)).count();
            assert_eq!(outside, 0, "{name}: of {}", loaded.len());
        });
    }
}

#[test]
fn what_can_be_unloaded_owns_its_code() {
    for name in ["core31-x64-wks-all", "net8-x64-wks-all", "net10-x64-wks-all"] {
        let Some(dump) = corpus::dump(name) else { continue };
        with_heaps(&dump, |_, found| {
            let owners = found.allocators.iter().enumerate();
            let mut owners = owners
                .filter(|(_, owner)| owner.kind == AllocatorKind::Collectible)
                .map(|(index, _)| index)
                .peekable();
            assert!(owners.peek().is_some(), "{name}");
            for index in owners {
                let own: Vec<_> =
                    found.heaps.iter().filter(|heap| heap.allocator == Some(index)).collect();
                assert!(own.iter().any(|heap| heap.kind.is_jitted_code()), "{name}: {own:?}");
                assert!(found.allocators[index].object.is_some(), "{name}");
                assert!(!found.allocators[index].modules.is_empty(), "{name}");
            }
        });
    }
}
