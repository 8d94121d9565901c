//! Any bytes as a minidump: every view is read to its end.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/clrscope-minidump/tests/support/drive.rs"]
mod drive;

fuzz_target!(|data: &[u8]| {
    drive::drive(data);
});
