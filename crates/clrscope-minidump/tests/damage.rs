//! Whatever becomes of a dump, reading it comes to an end.

#[path = "support/drive.rs"]
mod drive;
#[path = "support/synthetic.rs"]
mod synthetic;

use clrscope_testkit::minidump::damage;
use drive::drive;
use proptest::prelude::*;
use synthetic::everything;

fn dump() -> Vec<u8> {
    everything().to_bytes_with_memory(&[(0x4000, b"more"), (0x6000, b"XYZ"), (0x9000, &[7; 64])])
}

#[test]
fn a_sound_dump_is_read_to_the_end() {
    let seen = drive(&dump()).unwrap();
    assert_eq!(seen.issues, 0);
    assert!(40 < seen.records && 4000 < seen.bytes, "{seen:?}");
}

#[test]
fn a_dump_cut_at_any_byte_is_read_as_far_as_it_goes() {
    let dump = dump();
    for length in 0..dump.len() {
        let seen = drive(&dump[..length]);
        assert_eq!(seen.is_some(), 32 <= length, "{length}");
        // The last byte of all is behind the last range.
        assert!(seen.is_none_or(|seen| 0 < seen.issues || length == dump.len() - 1), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn spoilt_dumps_are_read_to_the_end(seed: u64) {
        drive(&damage::spoil(&dump(), seed));
    }

    #[test]
    fn words_of_any_value_anywhere_are_read_past(
        words in prop::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 1..6),
    ) {
        let mut dump = dump();
        for (place, value) in words {
            let place = place.index(dump.len() / 4) * 4;
            dump[place..place + 4].copy_from_slice(&value.to_le_bytes());
        }
        drive(&dump);
    }
}
