//! The heaps that the JIT writes code to: a list, of which each entry has a heap.
//!
//! dotnet/runtime, src/coreclr/vm/codeman.h (`HeapList`, `EEJitManager`), dynamicmethod.h (`HostCodeHeap`).

use clrscope_memory::{Issue, IssueKind, Issues, VirtAddr, limits};
use rustc_hash::{FxHashMap, FxHashSet};

use super::allocator::{AllocatorKind, LoaderAllocator};
use super::heap::{HeapReader, LoaderHeap};
use super::kind::LoaderHeapKind;
use crate::code::{CodeSection, SectionKind, sections};
use crate::layout::MissingField;
use crate::range::AddressRange;
use crate::runtime::Runtime;

/// The memory that a collectible allocator is made with is this large, and begins with a code heap
/// (dotnet/runtime, src/coreclr/vm/loaderallocator.cpp, `LoaderAllocator::Init`).
const INITIAL_MEMORY: u64 = 0x1_0000;

/// Reads all code heaps.
pub(super) fn read(
    runtime: &Runtime<'_>,
    reader: &HeapReader<'_, '_>,
    allocators: &[LoaderAllocator],
    issues: &mut Issues,
) -> Result<Vec<LoaderHeap>, MissingField> {
    let layout = runtime.layout();
    let space = &runtime.snapshot().space;
    let heaps_at = layout.require("EEJitManager", "AllCodeHeaps")?;
    let next = layout.require("CodeHeapListNode", "Next")?;
    let heap_at = layout.require("CodeHeapListNode", "Heap")?;
    let owner_at = layout.offset("CodeHeapListNode", "LoaderAllocator");
    let host = runtime.globals().vtable("HostCodeHeap");

    let Some(manager) = runtime.global_pointer("EEJitManager") else {
        issues.push(Issue::general(
            IssueKind::MissingStructure,
            "the manager of jitted code was not found",
        ));
        return Ok(Vec::new());
    };
    let sections: FxHashMap<VirtAddr, CodeSection> = sections::read(runtime)?
        .take(&mut Issues::new())
        .into_iter()
        .filter_map(|section| match section.kind {
            SectionKind::Jit { heap } => Some((heap, section)),
            _ => None,
        })
        .collect();

    let mut heaps = Vec::new();
    let mut seen = FxHashSet::default();
    let mut node = space.follow(manager.wrapping_add(heaps_at));
    while let Some(at) = node {
        if !seen.insert(at) || seen.len() > limits::MAX_LIST {
            issues.push(Issue::in_memory(
                IssueKind::Cycle,
                at,
                "the list of code heaps comes back to itself",
            ));
            break;
        }
        if let Some(heap) = space.follow(at.wrapping_add(heap_at)) {
            let section = sections.get(&at).copied();
            let said = owner_at.and_then(|offset| space.follow(at.wrapping_add(offset)));
            let owner = owner(allocators, said, section);
            let is_host = host.is_some() && space.read_pointer(heap) == host;
            if is_host {
                let range = section.map(|section| AddressRange::new(section.begin, section.end));
                let range = range.unwrap_or_default();
                heaps.push(reader.single(heap, LoaderHeapKind::HostCode, owner, range));
            } else {
                heaps.extend(reader.read(heap, LoaderHeapKind::LoaderCode, owner, issues));
            }
        }
        node = space.follow(at.wrapping_add(next));
    }
    Ok(heaps)
}

/// Who owns a code heap: from .NET 8 on it says so. Before, that of a collectible allocator lies in the
/// memory which the allocator was made with.
fn owner(
    allocators: &[LoaderAllocator],
    said: Option<VirtAddr>,
    section: Option<CodeSection>,
) -> Option<usize> {
    if let Some(said) = said {
        return allocators.iter().position(|allocator| allocator.address == said);
    }
    let section = section?;
    let holds = |allocator: &LoaderAllocator| {
        let behind = section.begin.offset_from(allocator.initial_memory?)?;
        Some(behind < INITIAL_MEMORY)
    };
    let found = allocators.iter().position(|allocator| holds(allocator) == Some(true));
    found.or_else(|| {
        // What is never unloaded has one owner, unless application domains have their own.
        let mut lasting = allocators
            .iter()
            .enumerate()
            .filter(|(_, allocator)| allocator.kind != AllocatorKind::Collectible);
        let only = lasting.next().filter(|_| lasting.next().is_none());
        only.filter(|_| !section.is_collectible).map(|(index, _)| index)
    })
}
