//! What the runtime claims.

use std::collections::BTreeSet;

use clrscope_clr::{AddressRange, GcMemoryKind, HeapObjects, LoaderHeaps, Runtime};
use clrscope_memory::{Issues, VirtAddr};

use super::{Claims, gc};
use crate::account::class::MemoryClass;

/// What the GC keeps beside its objects, images that the runtime loaded itself, heaps of its loader and for
/// jitted code.
pub(super) fn runtime(claims: &mut Claims<'_>, objects: &HeapObjects<'_>, issues: &mut Issues) {
    let heap = objects.heap();
    let mut has_bookkeeping = false;
    for memory in heap.gc_memory().take(issues) {
        match memory.kind {
            GcMemoryKind::HandleTable => claims.add(memory.range, MemoryClass::HandleTables, ""),
            GcMemoryKind::Bookkeeping => {
                claims.add(memory.range, MemoryClass::GcBookkeeping, "");
                claims.add_allocation(memory.range.start, MemoryClass::GcBookkeeping, "");
                has_bookkeeping = true;
            }
            GcMemoryKind::FreeRegion => {
                claims.add(memory.range, MemoryClass::GcUnused, "free regions");
            }
        }
    }

    if !has_bookkeeping {
        gc::bookkeeping(claims, objects);
    }

    let runtime = heap.runtime();
    for module in runtime.modules().iter() {
        if let Some(image) = module.image() {
            claims.add_bytes(image.base, image.size, MemoryClass::Image, module.file_name());
        }
    }
    let loader = LoaderHeaps::read(runtime).take(issues);
    if loader.heaps.is_empty() {
        return extents_of_types(claims, runtime);
    }
    for heap in &loader.heaps {
        let class = match heap.kind.is_jitted_code() {
            true => MemoryClass::Code,
            false => MemoryClass::LoaderHeaps,
        };
        for block in &heap.blocks {
            claims.add(block.range, class, heap.kind.name());
        }
    }
}

/// Of a runtime whose loader heaps are not known: the regions in which it has method tables and modules.
fn extents_of_types(claims: &mut Claims<'_>, runtime: &Runtime<'_>) {
    let types = runtime.types().map(|types| types.loaded()).unwrap_or_default();
    let modules = runtime.modules().iter().map(|module| module.address());
    let mut loader: BTreeSet<(VirtAddr, VirtAddr)> = BTreeSet::new();
    for address in modules.chain(types) {
        loader.extend(claims.extent_of(address).map(|range| (range.start, range.end)));
    }
    for (start, end) in loader {
        claims.add(AddressRange::new(start, end), MemoryClass::LoaderHeaps, "");
    }
}
