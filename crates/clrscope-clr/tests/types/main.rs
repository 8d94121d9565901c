//! Modules and types of the real dumps, compared with what the programs said of themselves and with
//! what another reader sees.

mod details;
mod methods;
mod modules;
mod names;
mod truths;

use clrscope_clr::{LayoutMode, Runtime, find_runtimes};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::CorpusDump;

/// Opens the one runtime of a dump.
fn with_runtime<R>(dump: &CorpusDump, test: impl FnOnce(&Runtime<'_>) -> R) -> R {
    let bytes = dump.bytes();
    let minidump = Minidump::parse(&bytes).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    test(runtimes.first().unwrap_or_else(|error| panic!("{}: {error}", dump.name())))
}
