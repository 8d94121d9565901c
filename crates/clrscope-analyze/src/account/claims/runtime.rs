//! What the runtime claims.

use std::collections::BTreeSet;

use clrscope_clr::{AddressRange, HeapObjects};
use clrscope_memory::{Issues, VirtAddr};

use super::Claims;
use crate::account::class::MemoryClass;

/// Tables of handles, images that the runtime loaded itself, and private regions in which it has method
/// tables or modules.
pub(super) fn runtime(claims: &mut Claims<'_>, objects: &HeapObjects<'_>, issues: &mut Issues) {
    let heap = objects.heap();
    let mut known: BTreeSet<(VirtAddr, VirtAddr)> = BTreeSet::new();
    for handle in heap.handles().take(issues) {
        known.extend(claims.extent_of(handle.address).map(|range| (range.start, range.end)));
    }
    add_all(claims, &known, MemoryClass::HandleTables);

    let runtime = heap.runtime();
    for module in runtime.modules().iter() {
        if let Some(image) = module.image() {
            claims.add_bytes(image.base, image.size, MemoryClass::Image, module.file_name());
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
        loader.extend(claims.extent_of(address).map(|range| (range.start, range.end)));
    }
    add_all(claims, &loader, MemoryClass::LoaderHeaps);
}

fn add_all(claims: &mut Claims<'_>, ranges: &BTreeSet<(VirtAddr, VirtAddr)>, class: MemoryClass) {
    for &(start, end) in ranges {
        claims.add(AddressRange::new(start, end), class, "");
    }
}
