use proptest::prelude::*;

use super::*;

fn space<'data>(file: &'data [u8], ranges: &[(u64, u64, u64)]) -> Parsed<AddressSpace<'data>> {
    let ranges: Vec<Range> =
        ranges.iter().map(|&(a, l, o)| Range::new(VirtAddr(a), l, o)).collect();
    AddressSpace::from_ranges(file, &ranges, Target::X64_WINDOWS)
}

const FILE: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

#[test]
fn neighbours_in_memory_and_file_are_one_run() {
    let parsed = space(&FILE, &[(0x1000, 4, 0), (0x1004, 4, 4), (0x1008, 4, 12)]);
    assert!(parsed.is_complete());
    assert_eq!(parsed.value.run_count(), 2);
    assert_eq!(parsed.value.slice(VirtAddr(0x1002), 4), Some(&FILE[2..6]));
    assert_eq!(parsed.value.slice(VirtAddr(0x1006), 4), None);
    // Two runs of the file, one stretch of memory.
    assert_eq!(parsed.value.read_u32(VirtAddr(0x1006)), Some(u32::from_le_bytes([6, 7, 12, 13])));
    assert_eq!(parsed.value.presence(VirtAddr(0x1006), 4), Presence::Present);
}

#[test]
fn the_earlier_of_two_overlapping_ranges_wins() {
    let parsed = space(&FILE, &[(0x1000, 4, 8), (0x1002, 4, 0)]);
    assert_eq!(parsed.issues.iter().next().map(|issue| issue.kind), Some(IssueKind::Overlap));
    assert_eq!(parsed.value.bytes(VirtAddr(0x1000), 6).as_deref(), Some(&[8, 9, 10, 11, 2, 3][..]));
}

#[test]
fn overlaps_of_any_shape_are_counted_in_one_issue() {
    // The same range twice, one within it, and one that touches it but does not overlap.
    let ranges = [(0x1000, 8, 0), (0x1000, 8, 8), (0x1002, 2, 8), (0x1008, 4, 0)];
    let parsed = space(&FILE, &ranges);
    let issues: Vec<String> = parsed.issues.iter().map(|issue| issue.to_string()).collect();
    assert_eq!(issues.len(), 1);
    assert!(issues[0].starts_with("2 memory ranges overlap") && issues[0].ends_with("0x1000"));
    assert_eq!(parsed.value.slice(VirtAddr(0x1000), 8), Some(&FILE[..8]));
    // Out of order is no overlap.
    assert!(space(&FILE, &[(0x1008, 4, 0), (0x1000, 8, 0)]).is_complete());
}

#[test]
fn lookups_find_their_run_among_many() {
    let file = [7; 8];
    // Every other byte, in descending order: more runs than a few blocks of the index.
    let ranges: Vec<_> = (0..500u64).rev().map(|n| (0x1000 + 2 * n, 1, n % 8)).collect();
    let space = space(&file, &ranges).value;
    assert_eq!(space.run_count(), 500);
    for address in 0xff0..0x1410 {
        let held = (0x1000..0x13e8).contains(&address) && address % 2 == 0;
        assert_eq!(space.contains(VirtAddr(address)), held, "{address:#x}");
    }
    assert_eq!(space.iter_within(VirtAddr(0x1064), VirtAddr(0x1068)).count(), 2);
}

#[test]
fn lookups_find_their_run_among_thousands_in_clusters() {
    let file = [7; 8];
    // Clusters of runs of several lengths, so far apart that most parts of the index are empty.
    let ranges: Vec<_> = (0..10_000u64)
        .map(|n| ((n / 2_500) * 0x10_0000_0000 + 0x1000 + (n % 2_500) * 12, 1 + n % 8, n % 2))
        .map(|(start, length, offset)| (start, length.min(7), offset))
        .collect();
    let space = space(&file, &ranges).value;
    assert_eq!(space.run_count(), 10_000);
    for &(start, length, _) in &ranges {
        for (address, held) in
            [(start - 1, false), (start, true), (start + length - 1, true), (start + length, false)]
        {
            assert_eq!(space.contains(VirtAddr(address)), held, "{address:#x}");
        }
    }
    for address in [0, 0x5_0000_0000, 0x1_0000_0000_0000, u64::MAX] {
        assert!(!space.contains(VirtAddr(address)), "{address:#x}");
    }
}

#[test]
fn a_range_behind_the_end_of_the_file_is_cut_and_reported() {
    let parsed = space(&FILE, &[(0x1000, 32, 8)]);
    assert_eq!(parsed.value.total_bytes(), 8);
    assert_eq!(parsed.issues.iter().next().map(|issue| issue.kind), Some(IssueKind::Truncated));
    assert_eq!(parsed.value.presence(VirtAddr(0x1004), 8), Presence::Partial);
    assert_eq!(parsed.value.presence(VirtAddr(0x1008), 8), Presence::Absent);
}

#[test]
fn a_fill_closes_holes_only() {
    let image = [0xff; 16];
    let parsed = space(&FILE, &[(0x1004, 4, 4)]);
    let filled = parsed.value.with_fill(&image, &[Range::new(VirtAddr(0x1000), 16, 0)]);
    let expected = [0xff, 0xff, 0xff, 0xff, 4, 5, 6, 7, 0xff];
    assert_eq!(filled.bytes(VirtAddr(0x1000), 9).as_deref(), Some(&expected[..]));
    assert_eq!(filled.file_offset(VirtAddr(0x1005)), Some(FileOffset(5)));
    assert_eq!(filled.file_offset(VirtAddr(0x1000)), None);
}

#[test]
fn the_top_of_the_address_space_does_not_wrap() {
    let parsed = space(&FILE, &[(u64::MAX - 3, 16, 0)]);
    assert_eq!(parsed.value.total_bytes(), 3);
    assert_eq!(parsed.value.read_u32(VirtAddr(u64::MAX - 3)), None);
    assert_eq!(parsed.value.read_u16(VirtAddr(u64::MAX)), None);
}

#[test]
fn nothing_is_within_bounds_that_are_turned_round() {
    let space = space(&FILE, &[(0x1000, 16, 0)]).value;
    assert_eq!(space.iter_within(VirtAddr(0x1008), VirtAddr(0x1004)).count(), 0);
    assert_eq!(space.iter_within(VirtAddr(0x1008), VirtAddr(0x1008)).count(), 0);
    let cut: Vec<_> = space.iter_within(VirtAddr(0x1004), VirtAddr(0x1008)).collect();
    assert_eq!(cut, [(VirtAddr(0x1004), &FILE[4..8])]);
}

/// What a list of ranges means, one byte at a time.
fn naive(ranges: &[(u64, u64, u64)], address: u64) -> Option<u8> {
    ranges.iter().find_map(|&(start, length, offset)| {
        let inside = address.checked_sub(start).filter(|&inside| inside < length)?;
        FILE.get((offset + inside) as usize).copied()
    })
}

proptest! {
    #[test]
    fn every_byte_is_what_a_linear_search_finds(
        ranges in prop::collection::vec((0u64..64, 0u64..24, 0u64..20), 0..12),
    ) {
        let space = space(&FILE, &ranges).value;
        let mut cursor = space.cursor();
        for address in 0..100 {
            let expected = naive(&ranges, address);
            prop_assert_eq!(space.read_u8(VirtAddr(address)), expected);
            prop_assert_eq!(cursor.contiguous(VirtAddr(address)).first().copied(), expected);
        }
        let runs: Vec<_> = space.iter().collect();
        prop_assert!(runs.windows(2).all(|w| w[0].0.0 + w[0].1.len() as u64 <= w[1].0.0));
    }

    #[test]
    fn reads_across_runs_agree_with_single_bytes(
        ranges in prop::collection::vec((0u64..64, 0u64..24, 0u64..20), 0..12),
        start in 0u64..90,
        length in 0usize..20,
    ) {
        let space = space(&FILE, &ranges).value;
        let expected: Option<Vec<u8>> =
            (start..start + length as u64).map(|address| naive(&ranges, address)).collect();
        let bytes = space.bytes(VirtAddr(start), length);
        prop_assert_eq!(bytes.as_deref(), expected.as_deref());
    }
}

#[test]
fn the_same_bytes_at_many_addresses_are_no_endless_memory() {
    // A megabyte, listed ten thousand times.
    let file = vec![1; 1 << 20];
    let list = |index: u64| Range::new(VirtAddr(index << 20), 1 << 20, 0);
    let ranges: Vec<Range> = (1..=10_000).map(list).collect();
    let parsed = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS);
    assert_eq!(parsed.value.total_bytes(), 1 << 30);
    assert_eq!(parsed.issues.count(), 1);
}

#[test]
fn what_is_held_ends_at_the_first_gap() {
    // Two runs side by side, and one behind a gap of two bytes.
    let ranges = [(10, 4, 0), (14, 4, 8), (20, 4, 4)];
    let space = space(&FILE, &ranges).value;
    let held = |address, most| space.held_from(VirtAddr(address), most);
    assert_eq!([held(10, 3), held(10, 8), held(10, u64::MAX), held(12, 100)], [3, 8, 8, 6]);
    assert_eq!([held(9, 8), held(18, 8), held(23, 8), held(10, 0)], [0, 0, 1, 0]);
}
