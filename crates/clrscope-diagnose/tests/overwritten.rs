//! Real processes in which words of the runtime's structures were overwritten are read without a panic and
//! without end. The fuzz target `process` goes on where this stops.

mod support;

use std::sync::{LazyLock, Mutex, PoisonError};

use clrscope_testkit::corpus;
use proptest::prelude::*;

use support::Process;

static PROCESSES: LazyLock<[Mutex<Process>; 3]> = LazyLock::new(|| {
    ["net8-x64-case005", "net10-x64-wks-all", "core21-x86-wks-all"].map(|name| {
        let dump = corpus::dump(name).unwrap_or_else(|| panic!("{name} is in testdata"));
        Mutex::new(Process::new(dump.bytes()))
    })
});

/// How often; `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases = asked.unwrap_or(32);
    ProptestConfig { cases, max_shrink_iters: 32, failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn overwritten_structures_are_read_to_their_end(
        process in 0usize..3,
        what in 0u8..support::WAYS,
        edits in prop::collection::vec(any::<u8>(), 8..128),
    ) {
        let mut process = PROCESSES[process].lock().unwrap_or_else(PoisonError::into_inner);
        process.overwritten(&edits, |dump| support::read(dump, what));
    }
}
