//! How much of a stretch of address space is backed by memory.

use clrscope_memory::{RegionState, Snapshot};

use crate::range::AddressRange;

/// How many bytes of a stretch are backed by memory: by the description of the address space if the
/// capture has one, else at least as many as it holds.
pub(crate) fn committed(snapshot: &Snapshot<'_>, range: AddressRange) -> u64 {
    let regions = &snapshot.regions;
    if regions.is_empty() {
        let held = snapshot.space.iter_within(range.start, range.end);
        return held.map(|(_, bytes)| bytes.len() as u64).sum();
    }
    let first = regions.partition_point(|region| region.base <= range.start).saturating_sub(1);
    let inside = regions.iter().skip(first).take_while(|region| region.base < range.end);
    inside
        .filter(|region| region.state == RegionState::Commit)
        .map(|region| {
            let end = region.base.0.saturating_add(region.size).min(range.end.0);
            end.saturating_sub(region.base.0.max(range.start.0))
        })
        .sum()
}
