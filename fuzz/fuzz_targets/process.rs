//! A real process in which words of the runtime's structures were overwritten: its threads and stacks, locks,
//! loader heaps, native heaps, statics and exceptions, and every rule of the diagnosis.
//!
//! The input says which of a few processes it is and what is read of it, and then what is written where. The
//! dumps are those of `testdata/`.

#![no_main]

use std::sync::{LazyLock, Mutex, PoisonError};

use clrscope_testkit::corpus;
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/clrscope-diagnose/tests/support/mod.rs"]
mod support;

use support::Process;

static PROCESSES: LazyLock<Mutex<Vec<Process>>> = LazyLock::new(|| {
    let names = ["net8-x64-case005", "core21-x86-wks-all", "net10-x64-wks-all"];
    let dumps = names.map(|name| corpus::dump(name).expect("it is in testdata").bytes());
    Mutex::new(dumps.into_iter().map(Process::new).collect())
});

fuzz_target!(|data: &[u8]| {
    let [which, what, edits @ ..] = data else { return };
    let mut processes = PROCESSES.lock().unwrap_or_else(PoisonError::into_inner);
    let count = processes.len();
    processes[usize::from(*which) % count].overwritten(edits, |dump| support::read(dump, *what));
});
