//! The heaps of the runtime's loader: method tables and what describes types and methods, stubs, and
//! the code that the JIT made.

mod allocator;
mod code_heaps;
mod heap;
mod kind;
mod shares;

use std::collections::BTreeSet;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed};

pub use self::allocator::{AllocatorKind, LoaderAllocator};
pub use self::heap::{LoaderBlock, LoaderHeap};
pub use self::kind::LoaderHeapKind;
pub use self::shares::{LoaderShares, ModuleShare};
use crate::runtime::Runtime;

/// The loader heaps of a runtime, and who owns them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LoaderHeaps {
    /// The owners: the global one first, then in the order in which they were made.
    pub allocators: Vec<LoaderAllocator>,
    /// The heaps, each once, those of one owner together; those of unknown owners at the end.
    pub heaps: Vec<LoaderHeap>,
}

impl LoaderHeaps {
    /// Reads all loader heaps of a runtime. What cannot be read is an issue; the rest is there.
    pub fn read(runtime: &Runtime<'_>) -> Parsed<LoaderHeaps> {
        let mut issues = Issues::new();
        let layout = runtime.layout();
        let space = &runtime.snapshot().space;
        let reader = match heap::HeapReader::new(runtime.snapshot(), layout) {
            Ok(reader) => reader,
            Err(missing) => {
                issues.push(Issue::general(IssueKind::MissingStructure, missing.to_string()));
                return Parsed { value: LoaderHeaps::default(), issues };
            }
        };
        let allocators = allocator::read(runtime);
        let mut heaps = Vec::new();
        let mut seen = BTreeSet::new();
        for (index, allocator) in allocators.iter().enumerate() {
            let stubs = layout
                .offset("LoaderAllocator", "VirtualCallStubManager")
                .and_then(|offset| space.follow(allocator.address.wrapping_add(offset)));
            let own = allocator::ALLOCATOR_HEAPS
                .iter()
                .map(|&(field, kind)| (Some(allocator.address), "LoaderAllocator", field, kind));
            let of_stubs = allocator::STUB_MANAGER_HEAPS
                .iter()
                .map(|&(field, kind)| (stubs, "VirtualCallStubManager", field, kind));
            for (at, structure, field, kind) in own.chain(of_stubs) {
                let Some((at, offset)) = at.zip(layout.offset(structure, field)) else { continue };
                match space.read_pointer(at.wrapping_add(offset)) {
                    Some(heap) if heap.is_null() || !seen.insert(heap) => {}
                    Some(heap) => heaps.extend(reader.read(heap, kind, Some(index), &mut issues)),
                    None => issues.push(Issue::in_memory(
                        IssueKind::MissingMemory,
                        at,
                        "an owner of loader heaps is not in the capture",
                    )),
                }
            }
        }
        match code_heaps::read(runtime, &reader, &allocators, &mut issues) {
            Ok(code) => heaps.extend(code),
            Err(missing) => {
                issues.push(Issue::general(IssueKind::MissingStructure, missing.to_string()));
            }
        }
        heaps.sort_by_key(|heap| heap.allocator.unwrap_or(usize::MAX));
        Parsed { value: LoaderHeaps { allocators, heaps }, issues }
    }

    /// The owner of a heap, if it is known.
    pub fn owner(&self, heap: &LoaderHeap) -> Option<&LoaderAllocator> {
        self.allocators.get(heap.allocator?)
    }
}
