//! Who claims which part of the address space.

use std::collections::BTreeSet;

use clrscope_clr::{AddressRange, HeapObjects};
use clrscope_memory::{Issues, RegionRecord, RegionType, Snapshot, VirtAddr};

use crate::GenerationFilter;
use crate::account::{MemoryClass, gc_detail, range_of};

/// A part of the address space, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) range: AddressRange,
    pub(crate) class: MemoryClass,
    pub(crate) detail: String,
}

/// Addresses at which Windows lets allocations begin are multiples of this.
const GRANULARITY: u64 = 0x1_0000;

/// All claims, those that are surest first.
pub(crate) fn claims(
    snapshot: &Snapshot<'_>,
    regions: &[RegionRecord],
    objects: Option<&HeapObjects<'_>>,
    issues: &mut Issues,
) -> Vec<Claim> {
    let mut claims = Claims { regions, list: Vec::new() };
    if let Some(objects) = objects {
        claims.gc(objects);
    }
    claims.environment(snapshot);
    claims.images(snapshot);
    claims.stacks(snapshot);
    if let Some(objects) = objects {
        claims.runtime(objects, issues);
    }
    claims.list
}

struct Claims<'a> {
    /// In order of address.
    regions: &'a [RegionRecord],
    list: Vec<Claim>,
}

impl Claims<'_> {
    fn add(&mut self, range: AddressRange, class: MemoryClass, detail: impl Into<String>) {
        if !range.is_empty() {
            self.list.push(Claim { range, class, detail: detail.into() });
        }
    }

    fn region_at(&self, address: VirtAddr) -> Option<&RegionRecord> {
        let after = self.regions.partition_point(|region| region.base <= address);
        let region = self.regions.get(after.checked_sub(1)?)?;
        range_of(region).contains(address).then_some(region)
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

    /// Claims all regions that were allocated together with the one at an address.
    fn add_allocation(&mut self, address: VirtAddr, class: MemoryClass, detail: &str) {
        let region = self.region_at(address).filter(|region| region.kind != RegionType::Unknown);
        let Some(region) = region else { return };
        let base = region.allocation_base;
        let first = self.regions.partition_point(|region| region.base < base);
        let together = self.regions[first..].iter().take_while(|r| r.allocation_base == base);
        let ranges: Vec<AddressRange> = together.map(range_of).collect();
        for range in ranges {
            self.add(range, class, detail);
        }
    }

    fn gc(&mut self, objects: &HeapObjects<'_>) {
        let segments = objects.heap().segments();
        for segment in segments {
            for range in segment.generations {
                let generation = GenerationFilter::of(segment, range.start);
                self.add(range, MemoryClass::GcObjects, gc_detail(segment.heap, generation));
            }
            let generation = GenerationFilter::of(segment, segment.objects.start);
            self.add(segment.objects, MemoryClass::GcObjects, gc_detail(segment.heap, generation));
        }
        for segment in segments {
            let detail = format!("heap {} {}", segment.heap, segment.kind.name());
            self.add(segment.committed, MemoryClass::GcUnused, detail.clone());
            self.add(segment.reserved, MemoryClass::GcUnused, detail);
        }
        // Regions of .NET 7 and later come from one reservation; what of it belongs to none is theirs.
        if objects.heap().has_regions() {
            let bases: BTreeSet<VirtAddr> = segments
                .iter()
                .filter_map(|segment| self.region_at(segment.objects.start))
                .filter(|region| region.kind == RegionType::Private)
                .map(|region| region.allocation_base)
                .collect();
            for base in bases {
                self.add_allocation(base, MemoryClass::GcUnused, "in no region");
            }
        }
    }

    /// The environment blocks of threads: two pages, or one; and that of the process, which each of
    /// them refers to (the offsets are public: winternl.h and ntdll's symbols).
    fn environment(&mut self, snapshot: &Snapshot<'_>) {
        const PAGE: u64 = 0x1000;
        let is_wide = snapshot.target.pointer_bytes() == 8;
        let (teb_bytes, peb_at) = if is_wide { (2 * PAGE, 0x60) } else { (PAGE, 0x30) };
        let mut pebs = BTreeSet::new();
        for thread in snapshot.threads.iter().filter(|thread| !thread.teb.is_null()) {
            let teb = thread.teb;
            let range = AddressRange::new(teb, VirtAddr(teb.0.saturating_add(teb_bytes)));
            self.add(range, MemoryClass::Environment, "threads");
            pebs.extend(snapshot.space.read_pointer(teb.wrapping_add(peb_at)));
        }
        for peb in pebs.into_iter().filter(|peb| !peb.is_null()) {
            let range = AddressRange::new(peb, VirtAddr(peb.0.saturating_add(PAGE)));
            self.add(range, MemoryClass::Environment, "process");
        }
    }

    fn images(&mut self, snapshot: &Snapshot<'_>) {
        for module in &snapshot.modules {
            let end = VirtAddr(module.base.0.saturating_add(module.size));
            let range = AddressRange::new(module.base, end);
            self.add(range, MemoryClass::Image, module.file_name());
        }
    }

    /// A stack is an allocation of its own: a part that is only set aside, a guard, and what was used.
    fn stacks(&mut self, snapshot: &Snapshot<'_>) {
        for thread in &snapshot.threads {
            let end = VirtAddr(thread.stack_start.0.saturating_add(thread.stack_bytes));
            let range = AddressRange::new(thread.stack_start, end);
            self.add(range, MemoryClass::Stacks, "");
            if thread.stack_bytes > 0 {
                self.add_allocation(thread.stack_start, MemoryClass::Stacks, "");
            }
        }
    }

    /// What the runtime keeps: tables of handles, images that it loaded itself, and private regions in
    /// which it has method tables or modules.
    fn runtime(&mut self, objects: &HeapObjects<'_>, issues: &mut Issues) {
        let heap = objects.heap();
        let mut known: BTreeSet<(VirtAddr, VirtAddr)> = BTreeSet::new();
        for handle in heap.handles().take(issues) {
            known.extend(self.extent_of(handle.address).map(|range| (range.start, range.end)));
        }
        self.add_all(&known, MemoryClass::HandleTables);

        let runtime = heap.runtime();
        for module in runtime.modules().iter() {
            if let Some(image) = module.image() {
                let end = VirtAddr(image.base.0.saturating_add(image.size));
                let range = AddressRange::new(image.base, end);
                self.add(range, MemoryClass::Image, module.file_name());
            }
        }
        let types = runtime.types().map(|types| types.loaded()).unwrap_or_default();
        // Of an emitted module, the metadata that the runtime saved lies there, too.
        let modules = runtime.modules().iter().flat_map(|module| {
            let saved = module.metadata_address().filter(|_| module.is_dynamic());
            [Some(module.address()), saved].into_iter().flatten()
        });
        let mut loader: BTreeSet<(VirtAddr, VirtAddr)> = BTreeSet::new();
        for address in modules.chain(types) {
            loader.extend(self.extent_of(address).map(|range| (range.start, range.end)));
        }
        self.add_all(&loader, MemoryClass::LoaderHeaps);
    }

    fn add_all(&mut self, ranges: &BTreeSet<(VirtAddr, VirtAddr)>, class: MemoryClass) {
        for &(start, end) in ranges {
            self.add(AddressRange::new(start, end), class, "");
        }
    }
}
