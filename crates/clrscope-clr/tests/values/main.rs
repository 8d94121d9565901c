//! Values of the real dumps' objects, compared with what the program put there.

mod allocations;
mod collections;
mod contents;
mod delegates;
mod exceptions;
mod made_collections;
mod statics;
mod strings;
mod tasks;
mod views;

use clrscope_clr::{LayoutMode, Runtime, Types, find_runtimes};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump};

/// Opens the one runtime of a dump.
fn with_runtime<R>(dump: &CorpusDump, test: impl FnOnce(&Runtime<'_>) -> R) -> R {
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    test(runtimes.first().unwrap_or_else(|error| panic!("{}: {error}", dump.name())))
}

/// Runs a test on every dump, of every runtime and width, whose program went through a scenario.
fn each_with(key: &str, mut test: impl FnMut(&CorpusDump, &Runtime<'_>, &Types<'_>)) {
    let mut tested = 0;
    for dump in corpus::dumps() {
        if dump.truth().is_some_and(|truth| truth.get(key).is_some()) {
            with_runtime(&dump, |runtime| {
                test(&dump, runtime, runtime.types().expect("a known layout"));
            });
            tested += 1;
        }
    }
    assert!(tested > 0);
}
