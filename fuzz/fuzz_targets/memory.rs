//! Any list of ranges as an address space: what it holds is what a linear search finds.

#![no_main]

use clrscope_memory::{AddressSpace, Presence, Range, Target, VirtAddr};
use libfuzzer_sys::fuzz_target;

/// Small numbers, so that ranges meet; or, if the first is set, some near the top of the space.
type Spec = (bool, u8, u8, u8);

fn range(&(high, start, length, offset): &Spec) -> Range {
    let start = if high { u64::MAX - u64::from(start) } else { u64::from(start) };
    // Lengths and offsets behind the end of the file, and sums that do not fit 64 bits.
    let length = if length == u8::MAX { u64::MAX } else { length.into() };
    let offset = if offset == u8::MAX { u64::MAX - 7 } else { offset.into() };
    Range::new(VirtAddr(start), length, offset)
}

fuzz_target!(|input: (Vec<Spec>, Vec<Spec>)| {
    let file: Vec<u8> = (0..=200).collect();
    let image = [0xee; 100];
    let ranges: Vec<Range> = input.0.iter().map(range).collect();
    let fill: Vec<Range> = input.1.iter().map(range).collect();
    let space = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value;
    let filled = space.with_fill(&image, &fill);

    let naive = |source: &[u8], ranges: &[Range], address: u64| {
        ranges.iter().find_map(|range| {
            // The last byte of the address space belongs to no range: its end would not be a number.
            let inside = address.checked_sub(range.start.0).filter(|_| address != u64::MAX)?;
            let at = range.offset.checked_add(inside).filter(|_| inside < range.length)?;
            source.get(usize::try_from(at).ok()?).copied()
        })
    };
    let mut cursor = filled.cursor();
    for address in (0..600).chain(u64::MAX - 300..=u64::MAX) {
        let expected = naive(&file, &ranges, address);
        assert_eq!(space.read_u8(VirtAddr(address)), expected, "{address:#x}");
        let held = if expected.is_some() { Presence::Present } else { Presence::Absent };
        if address != u64::MAX {
            assert_eq!(space.presence(VirtAddr(address), 1), held, "{address:#x}");
        }
        let expected = expected.or_else(|| naive(&image, &fill, address));
        assert_eq!(cursor.contiguous(VirtAddr(address)).first().copied(), expected, "{address:#x}");
        let _ = filled.read_u64(VirtAddr(address));
        let _ = filled.bytes(VirtAddr(address), 300);
        let _ = filled.read_c_string(VirtAddr(address), 64);
        let _ = filled.read_wide_string(VirtAddr(address), 64);
    }
});
