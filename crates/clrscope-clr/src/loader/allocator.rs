//! Loader allocators: what owns the heaps of the loader. One lives as long as the process; an assembly
//! or a load context that can be unloaded has its own, which goes with it.
//!
//! dotnet/runtime, src/coreclr/vm/loaderallocator.hpp.

use clrscope_memory::VirtAddr;

use super::kind::LoaderHeapKind;
use crate::modules::DomainKind;
use crate::runtime::Runtime;

/// What a loader allocator owns the memory of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AllocatorKind {
    /// What is never unloaded: of the system domain, and, from .NET Core 3.0 on, of the application.
    Global,
    /// An application domain (up to .NET Core 2.x).
    AppDomain,
    /// Assemblies that can be unloaded.
    Collectible,
}

impl AllocatorKind {
    /// Its name for people and programs.
    pub const fn name(self) -> &'static str {
        match self {
            AllocatorKind::Global => "global",
            AllocatorKind::AppDomain => "app domain",
            AllocatorKind::Collectible => "collectible",
        }
    }
}

/// An owner of loader heaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoaderAllocator {
    /// Address of the runtime's structure.
    pub address: VirtAddr,
    /// What it owns the memory of.
    pub kind: AllocatorKind,
    /// Addresses of the modules that it owns, in the order in which they were loaded.
    pub modules: Vec<VirtAddr>,
    /// Of one that can be unloaded, address of the managed object that keeps it: while that is
    /// reachable, nothing of it is unloaded.
    pub object: Option<VirtAddr>,
    /// Where the memory begins that was set aside for it when it was made.
    pub initial_memory: Option<VirtAddr>,
}

/// The heaps that a loader allocator itself points at: field and kind.
pub(super) const ALLOCATOR_HEAPS: [(&str, LoaderHeapKind); 7] = [
    // A collectible allocator has one heap for both frequencies; it counts as what most of it is.
    ("HighFrequencyHeap", LoaderHeapKind::HighFrequency),
    ("LowFrequencyHeap", LoaderHeapKind::LowFrequency),
    ("StaticsHeap", LoaderHeapKind::Statics),
    ("StubHeap", LoaderHeapKind::Stub),
    ("ExecutableHeap", LoaderHeapKind::Executable),
    ("FixupPrecodeHeap", LoaderHeapKind::FixupPrecode),
    ("NewStubPrecodeHeap", LoaderHeapKind::NewStubPrecode),
];

/// The heaps of its manager of stubs for interface calls
/// (dotnet/runtime, src/coreclr/vm/virtualcallstub.h).
pub(super) const STUB_MANAGER_HEAPS: [(&str, LoaderHeapKind); 6] = [
    ("IndcellHeap", LoaderHeapKind::IndirectionCell),
    ("CacheEntryHeap", LoaderHeapKind::CacheEntry),
    ("LookupHeap", LoaderHeapKind::Lookup),
    ("DispatchHeap", LoaderHeapKind::Dispatch),
    ("ResolveHeap", LoaderHeapKind::Resolve),
    ("VtableHeap", LoaderHeapKind::Vtable),
];

/// All loader allocators that are known: the global one first, then in the order in which their first
/// module was loaded.
pub(super) fn read(runtime: &Runtime<'_>) -> Vec<LoaderAllocator> {
    let layout = runtime.layout();
    let space = &runtime.snapshot().space;
    let mut found: Vec<LoaderAllocator> = Vec::new();
    let initial = layout.offset("LoaderAllocator", "InitialReservedMemForLoaderHeaps");
    let follow = |at: VirtAddr, offset: Option<u64>| space.follow(at.wrapping_add(offset?));
    let add = |found: &mut Vec<LoaderAllocator>, address: VirtAddr, kind| {
        found.push(LoaderAllocator {
            address,
            kind,
            modules: Vec::new(),
            object: None,
            initial_memory: follow(address, initial),
        });
        found.len() - 1
    };
    let system = runtime.global_pointer("SystemDomain");
    if let Some(system) = system
        && let Some(offset) = layout.offset("SystemDomain", "GlobalLoaderAllocator")
    {
        add(&mut found, system.wrapping_add(offset), AllocatorKind::Global);
    }
    if let Some(offset) = layout.offset("AppDomain", "LoaderAllocator") {
        for domain in runtime.modules().domains() {
            if domain.kind == DomainKind::Application {
                add(&mut found, domain.address.wrapping_add(offset), AllocatorKind::AppDomain);
            }
        }
    }
    let mut by_address: std::collections::BTreeMap<VirtAddr, usize> =
        found.iter().enumerate().map(|(index, one)| (one.address, index)).collect();
    for module in runtime.modules().iter() {
        let Some(address) = module.loader_allocator() else { continue };
        let index = *by_address.entry(address).or_insert_with(|| {
            let kind = if module.is_collectible() {
                AllocatorKind::Collectible
            } else {
                AllocatorKind::Global
            };
            add(&mut found, address, kind)
        });
        if let Some(allocator) = found.get_mut(index) {
            allocator.modules.push(module.address());
        }
    }
    for allocator in found.iter_mut().filter(|one| one.kind == AllocatorKind::Collectible) {
        let handle = follow(allocator.address, layout.offset("LoaderAllocator", "ObjectHandle"));
        allocator.object = handle.and_then(|handle| follow(handle, Some(0)));
    }
    found
}
