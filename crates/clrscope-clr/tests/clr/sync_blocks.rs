//! Sync blocks against what ClrMD says, on every dump.

use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus;

use crate::support::{each_with_oracle, find_runtime};

/// The DAC counts a thread that waits for a pulse as a thousand: its loop over the list never goes on
/// (`ClrDataAccess::GetSyncBlockData` of dotnet/runtime, src/coreclr/debug/daccess/request.cpp).
const ENDLESS: u32 = 1000;

#[test]
fn sync_blocks_are_those_of_the_oracle() {
    each_with_oracle(|name, oracle, heap| {
        let parsed = heap.runtime().sync_blocks().expect("a layout");
        assert!(parsed.issues.is_empty(), "{name}: {:?}", parsed.issues);
        let found: Vec<_> = parsed
            .value
            .blocks
            .iter()
            .map(|block| {
                let monitor = &block.monitor;
                let waiting = match block.pulse_waiters.len() {
                    0 => monitor.waiters,
                    _ => ENDLESS,
                };
                let owner = monitor.owner.unwrap_or_default();
                (block.index, block.object, monitor.held, owner, monitor.recursion, waiting)
            })
            .collect();
        let expected: Vec<_> = oracle
            .sync_blocks
            .iter()
            .map(|block| {
                let (object, thread) = (VirtAddr(block.object.0), VirtAddr(block.thread.0));
                (block.index, object, block.held, thread, block.recursion, block.waiting)
            })
            .collect();
        assert_eq!(found, expected, "{name}");
        assert_eq!(parsed.value.to_clean_up, Some(0), "{name}");
        assert_eq!(parsed.value.interfaces_to_release, Some(0), "{name}");
    });
}

#[test]
fn a_contended_lock_has_its_owner_and_those_who_wait() {
    let dump = corpus::dump("net8-x64-case005").expect("a dump of testdata");
    let bytes = dump.bytes();
    let runtime = find_runtime(&bytes).expect("a runtime");
    let locks = runtime.sync_blocks().expect("a layout").value;
    let waiting: u64 = dump.truth_count("case005.waitingForA").expect("a count");
    let first = locks.get(1).expect("the lock of account A");
    assert_eq!(u64::from(first.monitor.waiters), waiting);
    assert_eq!(first.monitor.held_count(), 9);
    // The third is waited on for a pulse, by one thread.
    let threads = runtime.threads().expect("a layout").value;
    let third = locks.get(3).expect("the third");
    let [waiter] = third.pulse_waiters[..] else { panic!("{third:?}") };
    assert!(threads.iter().any(|thread| thread.address == waiter && thread.managed_id == 9));
    assert_eq!(locks.get(4), None);
}
