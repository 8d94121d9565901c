//! The threads of the real dumps, compared with the oracles'.

use clrscope_clr::stack::{GcMode, LifeCycle};

use crate::support::each_with_oracle;

#[test]
fn threads_equal_the_oracles() {
    let mut compared = 0;
    each_with_oracle(|name, oracle, heap| {
        let threads = heap.runtime().threads().unwrap();
        // This dump was taken while a thread went away: of the five threads that the runtime counts,
        // the record of the last is freed memory, and ClrMD stops before the fourth.
        let torn = name == "core31-x64-case000";
        assert_eq!(threads.is_complete(), !torn, "{name}: {:?}", threads.issues);
        let listed = oracle.threads.len() + usize::from(torn);
        assert_eq!(threads.value.len(), listed, "{name}");
        for (ours, theirs) in threads.value.iter().zip(&oracle.threads) {
            let place = format!("{name}, thread {}", theirs.managed);
            assert_eq!(ours.address.0, theirs.address.0, "{place}");
            assert_eq!(i64::from(ours.managed_id), i64::from(theirs.managed), "{place}");
            assert_eq!(ours.os_id, theirs.os, "{place}");
            assert_eq!(ours.life_cycle == LifeCycle::Alive, theirs.alive, "{place}");
            assert_eq!(ours.is_finalizer, theirs.finalizer, "{place}");
            assert_eq!(ours.gc_mode == GcMode::Cooperative, theirs.gc_mode == "Cooperative");
            // ClrMD gives all ones where the runtime does not count.
            assert_eq!(ours.lock_count.unwrap_or(u32::MAX), theirs.lock_count, "{place}");
            let exception = theirs.exception.as_ref().map(|exception| exception.0.0);
            assert_eq!(ours.last_thrown.map(|object| object.0), exception, "{place}");
            assert_eq!(ours.stack.is_some(), theirs.alive, "{place}");
            compared += 1;
        }
    });
    eprintln!("{compared} threads compared");
    assert!(compared >= 25);
}
