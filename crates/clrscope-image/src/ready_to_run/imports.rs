//! Slots that the runtime fills when code is first used: handles of types and methods, addresses.

use clrscope_memory::Rva;
use zerocopy::little_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::header::{ReadyToRun, ReadyToRunSectionKind};
use crate::pe::DataDirectory;

/// Import sections that an image may have; real ones have fewer than ten.
const MAX_IMPORT_SECTIONS: u32 = 10_000;

/// `READYTORUN_IMPORT_SECTION`.
#[derive(Debug, Clone, Copy, FromBytes, KnownLayout, Immutable, Unaligned)]
#[repr(C)]
struct RawImportSection {
    rva: U32,
    size: U32,
    flags: U16,
    kind: u8,
    entry_size: u8,
    signatures: U32,
    auxiliary_data: U32,
}

/// A range of slots that the runtime fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportSection {
    /// The slots.
    pub slots: DataDirectory,
    /// `ReadyToRunImportSectionFlags`.
    pub flags: u16,
    /// `ReadyToRunImportSectionType`.
    pub kind: u8,
    /// Bytes of one slot.
    pub entry_size: u8,
    /// An array of RVAs, one for each slot, of what fills it; null if there is none.
    pub signatures: Rva,
    /// What the runtime needs besides, mostly a map of references on the stack; null if nothing.
    pub auxiliary_data: Rva,
}

impl ReadyToRun<'_, '_> {
    /// The ranges of slots, in the image's order, as far as they are there.
    pub fn import_sections(&self) -> Vec<ImportSection> {
        let Some(section) = self.section(ReadyToRunSectionKind::IMPORT_SECTIONS) else {
            return Vec::new();
        };
        let import = |index: u32| {
            let raw: RawImportSection = self.image().read(section.rva.checked_add(index * 20)?)?;
            Some(ImportSection {
                slots: DataDirectory { rva: Rva(raw.rva.get()), size: raw.size.get() },
                flags: raw.flags.get(),
                kind: raw.kind,
                entry_size: raw.entry_size,
                signatures: Rva(raw.signatures.get()),
                auxiliary_data: Rva(raw.auxiliary_data.get()),
            })
        };
        (0..(section.size / 20).min(MAX_IMPORT_SECTIONS)).map_while(import).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_that_of_the_format() {
        assert_eq!(size_of::<RawImportSection>(), 20);
    }
}
