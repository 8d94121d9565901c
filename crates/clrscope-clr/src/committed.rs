//! How much of a stretch of address space is backed by memory.

use clrscope_memory::{RegionState, Snapshot};

use crate::range::AddressRange;

/// How many bytes of a stretch are backed by memory: by the description of the address space if the
/// capture has one, else at least as many as it holds.
pub(crate) fn committed(snapshot: &Snapshot<'_>, range: AddressRange) -> u64 {
    let regions = &snapshot.regions;
    if regions.is_empty() {
        return snapshot.space.captured_bytes(range.start, range.len());
    }
    let first = regions.partition_point(|region| region.base <= range.start).saturating_sub(1);
    let inside = regions.iter().skip(first).take_while(|region| region.base < range.end);
    // Regions do not overlap, but in damaged dumps: each byte counts once.
    let (mut counted, mut from) = (0, range.start.0);
    for region in inside.filter(|region| region.state == RegionState::Commit) {
        let end = region.base.0.saturating_add(region.size).min(range.end.0);
        counted += end.saturating_sub(region.base.0.max(from));
        from = from.max(end);
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use clrscope_memory::{AddressSpace, RegionRecord, RegionType, Target, VirtAddr};

    #[test]
    fn a_byte_counts_once_however_many_regions_have_it() {
        // All of the address space, twice, and a page of it.
        let region = |base, size| RegionRecord {
            base: VirtAddr(base),
            allocation_base: VirtAddr(base),
            size,
            state: RegionState::Commit,
            kind: RegionType::Private,
            protection: 4,
        };
        let snapshot = Snapshot {
            target: Target::X64_WINDOWS,
            space: AddressSpace::empty(Target::X64_WINDOWS),
            modules: Vec::new(),
            threads: Vec::new(),
            regions: vec![region(0, u64::MAX), region(0x1000, u64::MAX), region(0x2000, 0x1000)],
            process_id: None,
        };
        let range = |start, end| AddressRange::new(VirtAddr(start), VirtAddr(end));
        assert_eq!(committed(&snapshot, range(0x1800, u64::MAX)), u64::MAX - 0x1800);
        assert_eq!(committed(&snapshot, range(0x800, 0x3800)), 0x3000);
    }
}
