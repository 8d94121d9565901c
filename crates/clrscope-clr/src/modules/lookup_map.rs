//! The maps of a module from rows of its metadata to the runtime's structures.

use clrscope_memory::{AddressSpace, VirtAddr, limits};

use super::offsets::ModuleOffsets;
use crate::pointer_form::PointerForm;

/// A `LookupMap`: linked pieces `{next, table, u32 count, flag bits}`.
///
/// Source: dotnet/coreclr, src/vm/ceeload.h; the data descriptors call it `ModuleLookupMap`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LookupMap {
    address: VirtAddr,
    form: PointerForm,
}

impl LookupMap {
    pub(super) fn new(address: VirtAddr, offsets: &ModuleOffsets) -> LookupMap {
        LookupMap { address, form: offsets.form }
    }

    /// What row `rid` is mapped to; `None` if to nothing yet.
    pub(crate) fn get(&self, space: &AddressSpace<'_>, rid: u32) -> Option<VirtAddr> {
        let pointer = space.target().pointer_bytes();
        let mut index = rid;
        let mut piece = self.address;
        let mask = space.read_pointer(piece.wrapping_add(3 * pointer))?;
        for _ in 0..limits::MAX_DEPTH * 64 {
            let count = space.read_u32(piece.wrapping_add(2 * pointer))?;
            if let Some(rest) = index.checked_sub(count) {
                index = rest;
                piece = space.read_pointer(piece)?;
                if piece.is_null() {
                    return None;
                }
                continue;
            }
            let table = space.read_pointer(piece.wrapping_add(pointer))?;
            let cell = table.wrapping_add(u64::from(index) * pointer);
            let value = VirtAddr(self.form.follow(space, cell)?.0 & !mask.0);
            return (!value.is_null()).then_some(value);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    #[test]
    fn rows_continue_in_the_next_piece() {
        #[rustfmt::skip]
        let words: [u64; 11] = [
            0x1020, 0x1040, 2, 1, // first piece: next, table, count, flag bits
            0, 0x1050, 1, 1,      // second piece
            0, 0x2001,            // first table: row 0 is never used; the flag is cut off
            0x3000,               // second table
        ];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let map = LookupMap { address: VirtAddr(0x1000), form: PointerForm::Plain };
        assert_eq!(map.get(&space, 0), None);
        assert_eq!(map.get(&space, 1), Some(VirtAddr(0x2000)));
        assert_eq!(map.get(&space, 2), Some(VirtAddr(0x3000)));
        assert_eq!(map.get(&space, 3), None);
    }

    #[test]
    fn relative_cells_hold_distances() {
        let words: [u64; 6] = [0, 0x1020, 2, 0, 0, 0x0fd8];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let map = LookupMap { address: VirtAddr(0x1000), form: PointerForm::Relative };
        assert_eq!(map.get(&space, 1), Some(VirtAddr(0x2000)));
    }
}
