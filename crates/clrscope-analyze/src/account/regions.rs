//! The regions that the account is about.

use clrscope_clr::AddressRange;
use clrscope_memory::{RegionRecord, RegionState, RegionType, Snapshot, VirtAddr};

/// `PAGE_GUARD`.
pub(super) const GUARD: u32 = 0x100;

/// The regions in use; where the dump does not describe them, the ranges that it holds.
pub(super) fn regions_in_use(snapshot: &Snapshot<'_>) -> Vec<RegionRecord> {
    if !snapshot.regions.is_empty() {
        let used = snapshot.regions.iter().filter(|region| region.state != RegionState::Free);
        return used.copied().collect();
    }
    let held = snapshot.space.iter().map(|(base, bytes)| RegionRecord {
        base,
        allocation_base: base,
        size: bytes.len() as u64,
        state: RegionState::Commit,
        kind: RegionType::Unknown,
        protection: 0,
    });
    held.collect()
}

/// The addresses of a region.
pub(super) fn range_of(region: &RegionRecord) -> AddressRange {
    AddressRange::new(region.base, VirtAddr(region.base.0.saturating_add(region.size)))
}
