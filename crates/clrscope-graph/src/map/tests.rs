use std::collections::BTreeSet;

use clrscope_memory::{Control, Interrupted};
use proptest::prelude::*;

use super::*;

fn map_of(ranges: &[(u64, u64)], granule: Granule, marks: &[u64]) -> (ObjectMap, Vec<u64>) {
    let mut parts: Vec<RangeBits> =
        ranges.iter().map(|&(start, end)| RangeBits::new(start, end, granule)).collect();
    let mut marked = BTreeSet::new();
    for &mark in marks {
        for part in &mut parts {
            if part.mark(mark) {
                marked.insert(mark);
            }
        }
    }
    let map = ObjectMap::from_ranges(parts, &Control::new()).unwrap();
    (map, marked.into_iter().collect())
}

/// Compares every answer of the map with the plain list of marked addresses.
fn check(ranges: &[(u64, u64)], granule: Granule, marks: &[u64], probes: &[u64]) {
    let (map, marked) = map_of(ranges, granule, marks);
    assert_eq!(map.len() as usize, marked.len());
    let listed: Vec<u64> = map.iter().map(|(_, address)| address).collect();
    assert_eq!(listed, marked);
    for (index, &address) in marked.iter().enumerate() {
        let id = ObjectId(index as u32);
        assert_eq!(map.id(address), Some(id));
        assert_eq!(map.address(id), Some(address));
        assert_eq!(map.iter_ids(id.0..u32::MAX).next(), Some((id, address)));
    }
    assert_eq!(map.address(ObjectId(map.len())), None);
    for &probe in probes.iter().chain(marks) {
        let position = marked.partition_point(|&address| address < probe);
        let exact = marked.get(position) == Some(&probe);
        assert_eq!(map.id(probe), exact.then_some(ObjectId(position as u32)), "{probe:#x}");
        assert_eq!(map.count_below(probe), position as u32, "{probe:#x}");
        let mut span = None;
        for range in map.ranges() {
            span = match span {
                Some((start, end)) if end == range.0 => Some((start, range.1)),
                _ => Some(*range),
            };
            if probe < range.1 {
                break;
            }
        }
        let span = span.filter(|span| span.0 <= probe && probe < span.1);
        let last = marked.partition_point(|&address| address <= probe);
        let held = last.checked_sub(1).map(|index| (ObjectId(index as u32), marked[index]));
        let expected = held.filter(|held| span.is_some_and(|span| span.0 <= held.1));
        assert_eq!(map.containing(probe), expected, "{probe:#x}");
    }
}

#[test]
fn an_empty_map_answers() {
    check(&[], Granule::Eight, &[], &[0, 1, u64::MAX]);
    check(&[(0x1000, 0x2000)], Granule::Eight, &[], &[0, 0x1000, 0x1FFF, 0x2000, u64::MAX]);
}

#[test]
fn the_ends_of_the_address_space_are_addresses() {
    let top = u64::MAX - 7;
    check(&[(0, 64), (top - 64, u64::MAX)], Granule::Eight, &[0, 56, top], &[1, top - 1, u64::MAX]);
}

#[test]
fn adjoining_parts_are_one_range() {
    let ranges = [(0x1000, 0x1100), (0x1100, 0x1208), (0x1208, 0x3000), (0x3001, 0x4000)];
    let marks = [0x1000, 0x10F8, 0x1100, 0x1200, 0x1208, 0x1210, 0x2FF8];
    check(&ranges, Granule::Eight, &marks, &[0x1104, 0x1205, 0x3000, 0x3800]);
    let (map, _) = map_of(&ranges, Granule::Eight, &marks);
    assert_eq!(map.ranges(), [(0x1000, 0x4000)]);
}

#[test]
fn a_mark_out_of_range_or_out_of_line_is_refused() {
    let mut range = RangeBits::new(0x1004, 0x1020, Granule::Eight);
    assert_eq!(range.start(), 0x1000);
    assert!(!range.mark(0xFF8));
    assert!(!range.mark(0x1004));
    assert!(!range.mark(0x1020));
    assert!(range.mark(0x1018));
    assert_eq!(range.count(), 1);
}

#[test]
fn a_long_empty_range_costs_nothing() {
    let mut range = RangeBits::new(0, u64::MAX, Granule::Four);
    range.mark(0x1000);
    let map = ObjectMap::from_ranges([range], &Control::new()).unwrap();
    assert!(map.memory_bytes() < 1024);
    assert_eq!(map.containing(u64::MAX - 1), Some((ObjectId(0), 0x1000)));
    assert_eq!(map.count_below(u64::MAX), 1);
}

#[test]
fn a_long_empty_range_before_a_full_one_costs_nothing() {
    let ranges = [(0, 1 << 60), (1 << 60, (1 << 60) + 0x1000), (0x8000, 1 << 59)];
    let marks = [0x1000, (1 << 60) + 8];
    check(&ranges, Granule::Eight, &marks, &[0x10, 0x9000, 1 << 58, 1 << 60, (1 << 60) + 0x20]);
    let (map, _) = map_of(&ranges, Granule::Eight, &marks);
    assert!(map.memory_bytes() < 8192);
}

#[test]
fn a_mixed_map_has_the_finer_granule() {
    let mut coarse = RangeBits::new(0x1000, 0x2000, Granule::Eight);
    coarse.mark(0x1008);
    coarse.mark(0x1400);
    let mut fine = RangeBits::new(0x2000, 0x3000, Granule::Four);
    fine.mark(0x2004);
    let map = ObjectMap::from_ranges([coarse, fine], &Control::new()).unwrap();
    let listed: Vec<u64> = map.iter().map(|(_, address)| address).collect();
    assert_eq!(listed, [0x1008, 0x1400, 0x2004]);
}

#[test]
fn the_budget_is_asked_before_anything_is_allocated() {
    let mut range = RangeBits::new(0, 1 << 20, Granule::Eight);
    range.mark((1 << 20) - 8);
    let needed = ObjectMap::memory_needed(std::slice::from_ref(&range));
    let control = Control::new().with_memory_budget(needed - 1);
    let error = ObjectMap::from_ranges([range.clone()], &control).unwrap_err();
    assert_eq!(error, Interrupted::OverBudget { needed, budget: needed - 1 }.into());
    let control = Control::new().with_memory_budget(needed);
    let map = ObjectMap::from_ranges([range], &control).unwrap();
    assert!(map.memory_bytes() <= needed);
}

proptest! {
    #[test]
    fn every_answer_is_the_plain_list_s(
        gaps in prop::collection::vec((0u64..0x4000, 1u64..0x4000), 1..40),
        fine in any::<bool>(),
        seeds in prop::collection::vec(any::<prop::sample::Index>(), 0..300),
        probes in prop::collection::vec(0u64..0x10_0000, 100),
    ) {
        let granule = if fine { Granule::Four } else { Granule::Eight };
        let mut ranges = Vec::new();
        let mut next = 0x8000u64;
        for (gap, length) in gaps {
            let start = (next + if gap < 0x1000 { 0 } else { gap }).next_multiple_of(8);
            ranges.push((start, start + length));
            next = start + length;
        }
        let span = next as usize;
        let marks: Vec<u64> =
            seeds.iter().map(|seed| seed.index(span) as u64 & !(granule.bytes() - 1)).collect();
        check(&ranges, granule, &marks, &probes);
    }

    #[test]
    fn far_apart_regions_are_told_apart(
        starts in prop::collection::btree_set(0u64..1 << 25, 1..200),
        offsets in prop::collection::vec((any::<prop::sample::Index>(), 0u64..1 << 12), 1..300),
    ) {
        let ranges: Vec<(u64, u64)> =
            starts.iter().map(|start| (start << 22, (start << 22) + 0x8000)).collect();
        let marks: Vec<u64> =
            offsets.iter().map(|(which, offset)| which.get(&ranges).0 + offset * 8).collect();
        check(&ranges, Granule::Eight, &marks, &[0, 1 << 22, 1 << 47, u64::MAX]);
    }
}
