//! The methods that the runtime implements itself, by the address of their native code. Up to .NET 9
//! such a method enters the runtime through a `HelperMethodFrame`, which has only that address.
//! `src/coreclr/vm/ecall.h` of dotnet/runtime.

use clrscope_memory::{AddressSpace, VirtAddr};
use rustc_hash::FxHashMap;

use crate::runtime::Runtime;

/// Buckets of the runtime's hash table (`FCALL_HASH_SIZE`).
const BUCKETS: u64 = 127;
/// Methods that the runtime could implement.
const MAX_METHODS: usize = 1 << 14;

/// Method descs of such methods.
#[derive(Debug, Default)]
pub(super) struct HelperMethods {
    by_entry: FxHashMap<VirtAddr, VirtAddr>,
    /// Where a frame keeps the address.
    entry: Option<u64>,
}

impl HelperMethods {
    /// Those that the program has used; none, if the runtime's table of them is not known.
    pub(super) fn new(runtime: &Runtime<'_>) -> HelperMethods {
        let space = &runtime.snapshot().space;
        let size = space.target().pointer_bytes();
        let mut by_entry = FxHashMap::default();
        let entry = runtime.layout().offset("HelperMethodFrame", "FCallEntry");
        let Some(table) = runtime.globals().address("FCallMethods") else {
            return HelperMethods { by_entry, entry };
        };
        for bucket in 0..BUCKETS {
            // ECHash: next, address of the code, method desc.
            let mut next = space.read_pointer(table.wrapping_add(bucket * size));
            while let Some(at) = next.filter(|at| !at.is_null() && by_entry.len() < MAX_METHODS) {
                let word = |index| space.read_pointer(at.wrapping_add(index * size));
                let (Some(code), Some(method)) = (word(1), word(2)) else { break };
                if by_entry.insert(code, method).is_some() {
                    break;
                }
                next = word(0);
            }
        }
        HelperMethods { by_entry, entry }
    }

    /// The method that a `HelperMethodFrame` stands for.
    pub(super) fn of_frame(&self, space: &AddressSpace<'_>, frame: VirtAddr) -> Option<VirtAddr> {
        let entry = space.read_pointer(frame.wrapping_add(self.entry?))?;
        self.by_entry.get(&entry).copied()
    }
}
