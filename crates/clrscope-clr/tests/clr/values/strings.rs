use clrscope_memory::VirtAddr;
use clrscope_testkit::corpus::{self, HeapString};

use crate::support::with_runtime;

/// Characters after which the oracle cuts strings.
const ORACLE_CUTS: usize = 64;

/// The first strings of every heap.
#[test]
fn strings_equal_the_oracles() {
    let mut compared = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_runtime(&dump, |runtime| {
            let types = runtime.types().expect("a known layout");
            for HeapString(address, expected) in &oracle.heap_strings {
                let string = types.object(VirtAddr(address.0)).expect("an object");
                let string = string.as_str().expect("a string");
                assert!(string.is_complete());
                let units: Vec<u16> = string.units().take(ORACLE_CUTS).collect();
                let text = String::from_utf16_lossy(&units);
                assert_eq!(string.len().min(ORACLE_CUTS), units.len());
                assert_eq!(&text, expected, "{} {address:?}", dump.name());
                compared += 1;
            }
        });
    }
    assert!(compared > 1_000);
}
