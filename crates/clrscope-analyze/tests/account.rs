//! The account of real processes adds up.

use clrscope_analyze::{Account, AccountVerdict, MemoryClass, account};
use clrscope_clr::{HeapObjects, LayoutMode, find_runtimes};
use clrscope_memory::{Control, Issues, RegionState, Snapshot};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump};

fn with_account(
    dump: &CorpusDump,
    check: impl FnOnce(&Account, &Snapshot<'_>, Option<&HeapObjects<'_>>),
) {
    let (name, bytes) = (dump.name(), dump.bytes());
    let snapshot = Minidump::parse(&bytes).expect(name).snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let control = Control::new();
    let heap = runtimes.first().ok().and_then(|runtime| runtime.heap().ok());
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
                assert!(account.native >= native, "{name}: {} of {native}", account.native);
            }
        });
    }
    assert!(with_regions >= 4, "only {with_regions} dumps");
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
fn what_emitted_assemblies_take_is_in_loader_heaps() {
    let dump = corpus::dump("core31-x64-case000").expect("in testdata");
    with_account(&dump, |account, _, _| {
        assert_eq!(account.verdict, Some(AccountVerdict::Code));
        // An independent reader finds 67 MB of low-frequency heap; most of it has saved metadata.
        let loader = committed(account, &[MemoryClass::LoaderHeaps]);
        assert!((60_000_000..90_000_000).contains(&loader), "{loader}");
    });
}
