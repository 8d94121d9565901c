//! Who claims which part of the address space.

mod gc;
mod native_heaps;
mod nls;
mod process;
mod runtime;

use std::collections::{BTreeMap, BTreeSet};

use clrscope_clr::{AddressRange, HeapObjects};
use clrscope_memory::{
    AddressSpace, Control, Interrupted, Issues, RegionRecord, RegionState, RegionType, Snapshot,
    VirtAddr,
};

use super::class::MemoryClass;
use super::content::guess;
use super::regions::{GUARD, range_of};

/// A part of the address space, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) range: AddressRange,
    pub(super) class: MemoryClass,
    pub(super) detail: String,
    /// Whether what it holds is worth a guess.
    pub(super) shows_content: bool,
}

impl Claim {
    /// What a piece of it, in one region, is called.
    pub(super) fn describe(
        &self,
        piece: AddressRange,
        region: &RegionRecord,
        snapshot: &Snapshot<'_>,
    ) -> String {
        if self.class == MemoryClass::Stacks && region.protection & GUARD != 0 {
            return "guard pages".to_owned();
        }
        if self.shows_content && region.state == RegionState::Commit {
            return format!("{}: {}", self.detail, guess(piece, snapshot));
        }
        self.detail.clone()
    }
}

/// Addresses at which Windows lets allocations begin are multiples of this.
const GRANULARITY: u64 = 0x1_0000;

/// All claims, those that are surest first.
pub(super) fn claims<'a>(
    snapshot: &Snapshot<'_>,
    regions: &'a [RegionRecord],
    objects: Option<&HeapObjects<'_>>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<Claims<'a>, Interrupted> {
    let mut claims = Claims {
        regions,
        allocations: BTreeSet::new(),
        list: Vec::new(),
        is_wine: false,
        parts_of_heaps: BTreeMap::new(),
    };
    if let Some(objects) = objects {
        gc::segments(&mut claims, objects);
    }
    process::blocks(&mut claims, snapshot);
    claims.images(snapshot);
    process::stacks(&mut claims, snapshot);
    native_heaps::heaps(&mut claims, snapshot, issues, control)?;
    process::surroundings(&mut claims, snapshot);
    if let Some(objects) = objects {
        runtime::runtime(&mut claims, objects, issues);
        gc::reservations(&mut claims, objects);
    }
    nls::tables(&mut claims, snapshot);
    process::remains(&mut claims, snapshot);
    Ok(claims)
}

/// Claims as they are gathered.
#[derive(Debug)]
pub(super) struct Claims<'a> {
    /// In order of address.
    regions: &'a [RegionRecord],
    /// Allocations that are claimed as a whole: of two claims the first counts.
    allocations: BTreeSet<VirtAddr>,
    pub(super) list: Vec<Claim>,
    pub(super) is_wine: bool,
    pub(super) parts_of_heaps: BTreeMap<String, Vec<(String, u64)>>,
}

impl Claims<'_> {
    fn add(&mut self, range: AddressRange, class: MemoryClass, detail: impl Into<String>) {
        if !range.is_empty() {
            self.list.push(Claim { range, class, detail: detail.into(), shows_content: false });
        }
    }

    /// Claims `bytes` from an address on.
    fn add_bytes(&mut self, start: VirtAddr, bytes: u64, class: MemoryClass, detail: &str) {
        let end = VirtAddr(start.0.saturating_add(bytes));
        self.add(AddressRange::new(start, end), class, detail);
    }

    fn region_at(&self, address: VirtAddr) -> Option<&RegionRecord> {
        RegionRecord::find(self.regions, address)
    }

    /// What surely serves one purpose with an address: its region, or, where the dump does not describe
    /// regions and neighbours cannot be told apart, the unit that Windows allocates by.
    fn extent_of(&self, address: VirtAddr) -> Option<AddressRange> {
        let region = self.region_at(address)?;
        let range = range_of(region);
        if region.kind != RegionType::Unknown {
            return Some(range);
        }
        let start = VirtAddr(address.0 & !(GRANULARITY - 1));
        let end = VirtAddr(start.0.saturating_add(GRANULARITY));
        Some(AddressRange::new(start.max(range.start), end.min(range.end)))
    }

    /// All regions that were allocated together with the one at an address; none, if the dump does not
    /// describe regions.
    fn allocation_at(&self, address: VirtAddr) -> &[RegionRecord] {
        let region = self.region_at(address).filter(|region| region.kind != RegionType::Unknown);
        let base = region.map(|region| region.allocation_base);
        base.map_or(&[], |base| RegionRecord::of_allocation(self.regions, base))
    }

    /// Claims what was allocated together with an address.
    fn add_allocation(&mut self, address: VirtAddr, class: MemoryClass, detail: &str) {
        let Some(base) = self.region_at(address).map(|region| region.allocation_base) else {
            return;
        };
        if self.allocations.contains(&base) {
            return;
        }
        let ranges: Vec<AddressRange> = self.allocation_at(address).iter().map(range_of).collect();
        if !ranges.is_empty() {
            self.allocations.insert(base);
        }
        for range in ranges {
            self.add(range, class, detail);
        }
    }

    fn images(&mut self, snapshot: &Snapshot<'_>) {
        for module in &snapshot.modules {
            self.add_bytes(module.base, module.size, MemoryClass::Image, module.file_name());
        }
    }
}

/// Where an allocation can begin in a region that says nothing of itself, and the capture has something.
fn captured_places(
    region: &RegionRecord,
    space: &AddressSpace<'_>,
) -> impl Iterator<Item = VirtAddr> {
    let range = range_of(region);
    space.iter_within(range.start, range.end).flat_map(|(start, bytes)| {
        let end = start.0 + bytes.len() as u64;
        let first = start.0.checked_next_multiple_of(GRANULARITY).unwrap_or(end);
        (first..end).step_by(GRANULARITY as usize).map(VirtAddr)
    })
}
