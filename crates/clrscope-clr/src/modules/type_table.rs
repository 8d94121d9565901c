//! The table of a module's constructed types: generic instantiations, arrays, pointers. It knows types
//! of which no object exists.

use clrscope_memory::{AddressSpace, VirtAddr, limits};

use super::module::Module;
use super::offsets::ModuleOffsets;
use super::read::follow;

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
    let wrap = |value: u64| if pointer == 4 { value & u64::from(u32::MAX) } else { value };
    let buckets_at = table.wrapping_add(2 * pointer);
    let Some(mut buckets) = follow(space, buckets_at, Some(0)) else { return handles };
    if offsets.relative {
        buckets = VirtAddr(wrap(buckets.0.wrapping_add(buckets_at.0)));
    }
    let (count, first) = if offsets.counted_buckets {
        let count = space.read_pointer(buckets).map(|count| count.0);
        (count, buckets.wrapping_add(SPECIAL_SLOTS * pointer))
    } else {
        (space.read_u32(table.wrapping_add(3 * pointer)).map(u64::from), buckets)
    };
    for bucket in 0..count.unwrap_or(0).min(limits::MAX_TYPES as u64) {
        let head = first.wrapping_add(bucket.wrapping_mul(pointer));
        let Some(mut entry) = space.read_pointer(head) else { break };
        // A chain that comes back to itself ends at the cap.
        for _ in 0..limits::MAX_ISSUES {
            if entry.is_null() || entry.0 & 1 != 0 {
                break;
            }
            let Some(raw) = space.read_pointer(entry) else { break };
            if !raw.is_null() {
                let handle =
                    if offsets.relative { wrap(raw.0.wrapping_add(entry.0)) } else { raw.0 };
                handles.push(VirtAddr(handle));
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
