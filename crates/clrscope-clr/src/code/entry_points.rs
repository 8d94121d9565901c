//! The runtime's own table of the precompiled methods that it has prepared: from the address of a
//! method's code to its record. It is found by its shape, so that no layout is needed.

use std::collections::BTreeMap;

use clrscope_memory::{AddressSpace, Rva, VirtAddr};

use super::method_desc::MethodDescReader;
use super::sections::CodeSection;
use crate::words::{MODULE_WORDS, addresses_in};

/// Words of the ReadyToRun information that are looked through.
const INFO_WORDS: u64 = 96;
/// Entries that the table of one image can have.
const MAX_BUCKETS: u64 = 1 << 20;
const SLOTS: u64 = 4;
const SIGNATURE: u32 = u32::from_le_bytes(*b"RTR\0");

/// Methods by the RVA of their code.
pub(super) type EntryPoints = BTreeMap<Rva, VirtAddr>;

/// The prepared methods of an image; empty if the table is not found.
pub(super) fn read(
    space: &AddressSpace<'_>,
    section: &CodeSection,
    module: VirtAddr,
    methods: &MethodDescReader<'_>,
) -> EntryPoints {
    addresses_in(space, module, MODULE_WORDS)
        .filter(|&info| is_ready_to_run_info(space, section, module, info))
        .flat_map(|info| addresses_in(space, info, INFO_WORDS))
        .filter_map(|table| read_table(space, section, table, methods))
        .max_by_key(BTreeMap::len)
        .unwrap_or_default()
}

/// It begins with its module, and points at the header in the image.
fn is_ready_to_run_info(
    space: &AddressSpace<'_>,
    section: &CodeSection,
    module: VirtAddr,
    info: VirtAddr,
) -> bool {
    space.read_pointer(info) == Some(module)
        && addresses_in(space, info, 8).any(|word| {
            (section.begin..section.end).contains(&word) && space.read_u32(word) == Some(SIGNATURE)
        })
}

/// A hash map of the runtime: the first bucket holds the number of those that follow, each four keys
/// and four values, which are halved. `src/coreclr/vm/hash.h`.
fn read_table(
    space: &AddressSpace<'_>,
    section: &CodeSection,
    table: VirtAddr,
    methods: &MethodDescReader<'_>,
) -> Option<EntryPoints> {
    let size = space.target().pointer_bytes();
    let bucket_size = 2 * SLOTS * size;
    let count = space.read_pointer(table)?.0;
    if !(1..=MAX_BUCKETS).contains(&count) {
        return None;
    }
    let mut entries = EntryPoints::new();
    for bucket in 1..=count {
        let bucket = table.wrapping_add(bucket * bucket_size);
        for slot in 0..SLOTS {
            let key = space.read_pointer(bucket.wrapping_add(slot * size))?;
            // Zero is empty, one was deleted.
            if key.0 <= 1 {
                continue;
            }
            let value = space.read_pointer(bucket.wrapping_add((SLOTS + slot) * size))?;
            let value = match space.target().pointer {
                clrscope_memory::PointerWidth::Four => VirtAddr((value.0 << 1) & 0xffff_ffff),
                clrscope_memory::PointerWidth::Eight => VirtAddr(value.0 << 1),
            };
            if !(section.begin..section.end).contains(&key) {
                return None;
            }
            methods.read(value)?;
            let rva = Rva(u32::try_from(key.offset_from(section.begin)?).ok()?);
            entries.insert(rva, value);
        }
    }
    (!entries.is_empty()).then_some(entries)
}
