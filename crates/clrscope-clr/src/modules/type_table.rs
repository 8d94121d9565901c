//! The table of a module's constructed types: generic instantiations, arrays, pointers. It knows types
//! of which no object exists.

use clrscope_memory::{AddressSpace, VirtAddr, limits};
use rustc_hash::FxHashSet;

use super::module::Module;
use super::offsets::{ModuleOffsets, follow};
use crate::pointer_form::PointerForm;

/// Slots of a bucket array that are not buckets: its length, its successor, an end mark.
///
/// Source: dotnet/runtime, src/coreclr/vm/dacenumerablehash.h.
const SPECIAL_SLOTS: u64 = 3;

/// The handles of all constructed types that a module's table holds, in the order of its buckets.
///
/// `EETypeHashTable {module, heap, buckets, u32 count...}`; entries `{handle, next, hash}`. In .NET
/// Core 2.x the bucket array and the handles are given as distances (dotnet/coreclr,
/// src/vm/ngenhash.h); from .NET 8 on the array begins with its own length, and the last entry of
/// a chain points to an odd mark (measured).
pub(crate) fn constructed_types(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    module: &Module<'_>,
) -> Vec<VirtAddr> {
    let mut handles = Vec::new();
    let Some(table) = follow(space, module.address(), offsets.available_types) else {
        return handles;
    };
    let pointer = offsets.pointer;
    let buckets_at = table.wrapping_add(2 * pointer);
    let Some(buckets) = offsets.form.follow(space, buckets_at) else { return handles };
    let (count, first) = if offsets.counted_buckets {
        let count = space.read_pointer(buckets).map(|count| count.0);
        (count, buckets.wrapping_add(SPECIAL_SLOTS * pointer))
    } else {
        (space.read_u32(table.wrapping_add(3 * pointer)).map(u64::from), buckets)
    };
    // No entry is in two chains.
    let mut seen = FxHashSet::default();
    for bucket in 0..count.unwrap_or(0).min(limits::MAX_TYPES as u64) {
        let head = first.wrapping_add(bucket.wrapping_mul(pointer));
        let Some(mut entry) = space.read_pointer(head) else { break };
        while !entry.is_null() && entry.0 & 1 == 0 && seen.insert(entry) {
            let Some(handle) = offsets.form.read(space, entry) else { break };
            if !handle.is_null() {
                handles.push(handle);
            }
            let Some(next) = space.read_pointer(entry.wrapping_add(pointer)) else { break };
            entry = next;
        }
        if handles.len() > limits::MAX_TYPES {
            break;
        }
    }
    handles
}

/// The handles of the constructed types that a native image of .NET Core 2.x brought along: of those in
/// use, and of others. They follow the same table.
///
/// `NgenHashTable {..., u32 buckets, u32 count, PersistedEntries hot, cold}`, of which each is
/// `{entries, buckets, u32 count, u32 buckets}`; the entries are `{handle, u32 hash}`, one behind the
/// other. All addresses are distances from their own place (dotnet/coreclr, src/vm/ngenhash.h;
/// measured).
pub(crate) fn precompiled_types(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    module: &Module<'_>,
) -> Vec<VirtAddr> {
    let mut handles = Vec::new();
    let table = follow(space, module.address(), offsets.available_types);
    let Some(table) = table.filter(|_| offsets.form == PointerForm::Relative) else {
        return handles;
    };
    let pointer = offsets.pointer;
    let hot = table.wrapping_add(3 * pointer + 8);
    for list in [hot, hot.wrapping_add(2 * pointer + 8)] {
        let Some(entries) = offsets.form.follow_cell(space, list) else { continue };
        let count = space.read_u32(list.wrapping_add(2 * pointer)).unwrap_or(0);
        let count = (count as usize).min(limits::MAX_TYPES);
        // The hash is as wide as a pointer with what fills it up.
        let entries = (0..count as u64).map(|index| entries.wrapping_add(index * 2 * pointer));
        handles.extend(entries.map_while(|entry| offsets.form.follow_cell(space, entry)));
    }
    handles
}
