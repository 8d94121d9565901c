//! Benchmarks of clrscope: kernels with criterion (`cargo bench -p clrscope-benches`), whole commands with
//! `benches/commands.sh`. Here is what both share.

use std::io::Cursor;

use clrscope_testkit::clr::{ProcessOptions, Truth, large};

/// A dump of a synthetic 64-bit process with about this many objects, in memory.
///
/// # Panics
/// Never: memory takes all that is written to it.
pub fn synthetic_dump(options: ProcessOptions, objects: u64) -> (Vec<u8>, Truth) {
    let (dump, truth) = large(options, objects, 1, Cursor::new(Vec::new()))
        .unwrap_or_else(|error| panic!("{error}"));
    (dump.into_inner(), truth)
}
