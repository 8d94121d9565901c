//! How the runtime keeps pointers between its own structures.

use clrscope_memory::{AddressSpace, PointerWidth, VirtAddr};

use crate::layout::Globals;

/// The form of the pointers that .NET Core 2.x keeps as distances from their own place on Windows, so that native
/// images need no relocation, and all others plainly.
///
/// Source: dotnet/coreclr, src/inc/fixuppointer.h (`RelativePointer`, `RelativeFixupPointer`); measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PointerForm {
    Plain,
    Relative,
}

impl PointerForm {
    /// The form that a runtime uses.
    pub(crate) fn of(globals: &Globals) -> PointerForm {
        match globals.number("RelativePointers") {
            Some(1) => PointerForm::Relative,
            _ => PointerForm::Plain,
        }
    }

    /// What the pointer at `at` points to; null if it is null.
    pub(crate) fn read(self, space: &AddressSpace<'_>, at: VirtAddr) -> Option<VirtAddr> {
        let value = space.read_pointer(at)?;
        if self == PointerForm::Plain || value.is_null() {
            return Some(value);
        }
        let target = at.wrapping_add(value.0);
        Some(match space.target().pointer {
            PointerWidth::Four => VirtAddr(target.0 & u64::from(u32::MAX)),
            PointerWidth::Eight => target,
        })
    }

    /// What the pointer at `at` points to, if it is not null.
    pub(crate) fn follow(self, space: &AddressSpace<'_>, at: VirtAddr) -> Option<VirtAddr> {
        self.read(space, at).filter(|target| !target.is_null())
    }

    /// The same where an odd distance leads to a cell that holds the pointer itself.
    pub(crate) fn follow_cell(self, space: &AddressSpace<'_>, at: VirtAddr) -> Option<VirtAddr> {
        let target = self.follow(space, at)?;
        match self {
            PointerForm::Relative if target.0 & 1 != 0 => space.follow(VirtAddr(target.0 - 1)),
            _ => Some(target),
        }
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    #[test]
    fn distances_lead_from_their_own_place_and_odd_ones_to_cells() {
        let words: [u64; 4] = [0x20, 0x09, 0x5000, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let (plain, relative) = (PointerForm::Plain, PointerForm::Relative);
        assert_eq!(plain.follow(&space, VirtAddr(0x1000)), Some(VirtAddr(0x20)));
        assert_eq!(relative.follow(&space, VirtAddr(0x1000)), Some(VirtAddr(0x1020)));
        assert_eq!(relative.follow_cell(&space, VirtAddr(0x1000)), Some(VirtAddr(0x1020)));
        assert_eq!(relative.follow_cell(&space, VirtAddr(0x1008)), Some(VirtAddr(0x5000)));
        assert_eq!(plain.follow_cell(&space, VirtAddr(0x1008)), Some(VirtAddr(0x09)));
        assert_eq!(relative.read(&space, VirtAddr(0x1018)), Some(VirtAddr::NULL));
        assert_eq!(relative.follow(&space, VirtAddr(0x1018)), None);
    }
}
