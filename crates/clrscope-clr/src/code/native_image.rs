//! Fragile native images: the form of code compiled ahead of time before ReadyToRun. .NET Core 2.1 has
//! one, `System.Private.CoreLib`.
//!
//! `struct NGenLayoutInfo` in `src/vm/ceeload.h` of dotnet/coreclr, release 2.1: three ranges of code (hot,
//! unprofiled, cold), the function table of each, and for the first two a table with the RVA of the method
//! desc of each function, zero for funclets. It is found by its shape.

use std::ops::Range;

use clrscope_memory::{AddressSpace, Rva, VirtAddr};

use super::entry_points::EntryPoints;
use super::method_desc::MethodDescReader;
use super::sections::CodeSection;
use crate::words::{MODULE_WORDS, addresses_in};

/// Words of the layout's record that are looked through.
const LAYOUT_WORDS: u64 = 64;
/// Functions that one table can have.
const MAX_FUNCTIONS: u32 = 1 << 22;

/// The methods of an image by the RVA of their code; empty if the tables are not found.
pub(super) fn read(
    space: &AddressSpace<'_>,
    section: &CodeSection,
    module: VirtAddr,
    methods: &MethodDescReader<'_>,
) -> EntryPoints {
    let image = section.begin..section.end;
    let mut entries = EntryPoints::new();
    for layout in addresses_in(space, module, MODULE_WORDS) {
        for first in 0..2 {
            if let Some(table) = function_table(space, &image, layout, first) {
                let found = method_table(space, &image, layout, &table, methods);
                entries.extend(found);
            }
        }
        if !entries.is_empty() {
            break;
        }
    }
    entries
}

/// A table of functions: where it is and how many there are.
struct Functions {
    at: VirtAddr,
    count: u32,
    entry: u64,
}

/// The function table of a range of code: its first entry is where the range begins.
fn function_table(
    space: &AddressSpace<'_>,
    image: &Range<VirtAddr>,
    layout: VirtAddr,
    range: u64,
) -> Option<Functions> {
    let size = space.target().pointer_bytes();
    let word = |index: u64| space.read_pointer(layout.wrapping_add(index * size));
    let start = word(2 * range)?;
    let length = word(2 * range + 1)?.0;
    let at = word(6 + range)?;
    if !image.contains(&start) || !image.contains(&at) || length == 0 {
        return None;
    }
    let count = space.read_u32(layout.wrapping_add(9 * size + 4 * range))?;
    let first = image.start.at_rva(Rva(space.read_u32(at)?));
    let within = first >= start && first.0 < start.0.saturating_add(length);
    let entry = if space.target().arch == clrscope_memory::Arch::X64 { 12 } else { 8 };
    (within && (1..=MAX_FUNCTIONS).contains(&count)).then_some(Functions { at, count, entry })
}

/// The method of each function, from the first table of the layout whose entries all are method descs
/// or zero.
fn method_table(
    space: &AddressSpace<'_>,
    image: &Range<VirtAddr>,
    layout: VirtAddr,
    functions: &Functions,
    methods: &MethodDescReader<'_>,
) -> EntryPoints {
    let size = space.target().pointer_bytes();
    // The lowest bit says that the method handles exceptions.
    let method = |table: VirtAddr, index: u32| {
        let rva = space.read_u32(table.wrapping_add(4 * u64::from(index)))? & !1;
        let address = image.start.at_rva(Rva(rva));
        if rva == 0 { Some(None) } else { methods.read(address).map(|_| Some(address)) }
    };
    let tables = (10..LAYOUT_WORDS)
        .filter_map(|index| space.read_pointer(layout.wrapping_add(index * size)))
        .filter(|table| image.contains(table) && *table != functions.at);
    for table in tables {
        let sample = functions.count.min(64);
        let good = (0..sample).all(|index| method(table, index).is_some());
        if !good || (0..sample).all(|index| method(table, index) == Some(None)) {
            continue;
        }
        return (0..functions.count)
            .filter_map(|index| {
                let at = functions.at.wrapping_add(u64::from(index) * functions.entry);
                Some((Rva(space.read_u32(at)?), method(table, index)??))
            })
            .collect();
    }
    EntryPoints::new()
}
