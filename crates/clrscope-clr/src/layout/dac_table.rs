//! The table of globals that the runtime's image holds for debuggers: addresses without names, in an
//! order that each band of builds has its own of. dotnet/runtime, src/coreclr/inc/dacvars.h.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr};

use super::{BuiltIn, GlobalValue, Globals};

/// Entries that the largest table could have.
const MAX_ENTRIES: u64 = 4096;

/// The addresses of a DAC table, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DacTable {
    /// Addresses of variables and functions, then of virtual tables.
    pub entries: Vec<VirtAddr>,
    /// How many of each its header announces; `None` if it has no header.
    pub counts: Option<(u32, u32)>,
}

impl DacTable {
    /// Reads the resource `COREXTERNALDATAACCESSRESOURCE` of runtimes up to .NET 6: six words of
    /// header, then offsets from the image's base.
    pub fn from_resource(bytes: &[u8], base: VirtAddr) -> Option<DacTable> {
        let mut words = bytes
            .chunks_exact(4)
            .map(|word| word.iter().rev().fold(0u32, |value, &byte| value << 8 | u32::from(byte)));
        let counts = (words.next()?, words.next()?);
        let announced = counts.0.checked_add(counts.1)? as usize;
        let entries: Vec<_> =
            words.skip(4).take(announced).map(|rva| base.wrapping_add(rva.into())).collect();
        (entries.len() == announced).then_some(DacTable { entries, counts: Some(counts) })
    }

    /// Reads the table at `address`, the export `g_dacTable` of .NET 7 and later: addresses, with
    /// neither header nor end. It ends at the first word that is no address in the image, or at two
    /// zeroes.
    pub fn from_export(
        space: &AddressSpace<'_>,
        address: VirtAddr,
        image: std::ops::Range<VirtAddr>,
    ) -> DacTable {
        let pointer = space.target().pointer_bytes();
        let mut entries = Vec::new();
        for index in 0..MAX_ENTRIES {
            let Some(entry) = space.read_pointer(address.wrapping_add(index * pointer)) else {
                break;
            };
            let ends =
                entry.is_null() && entries.last().is_some_and(|last: &VirtAddr| last.is_null());
            if ends || !(entry.is_null() || image.contains(&entry)) {
                break;
            }
            entries.push(entry);
        }
        DacTable { entries, counts: None }
    }

    /// Adds the globals that a built-in table has names for.
    pub(crate) fn fill(&self, names: &BuiltIn, globals: &mut Globals, issues: &mut Issues) {
        if self.counts != names.dac_counts {
            issues.push(Issue::general(
                IssueKind::Disagreement,
                format!(
                    "the table of globals announces {:?} entries, {} has {:?}; it is not used",
                    self.counts,
                    names.source(),
                    names.dac_counts
                ),
            ));
            return;
        }
        let mut add = |name: String, index: usize, wrap: fn(VirtAddr) -> GlobalValue| {
            let Some(&address) = self.entries.get(index).filter(|address| !address.is_null())
            else {
                return;
            };
            if !globals.add(&name, wrap(address), names.source()) {
                issues.push(Issue::in_memory(
                    IssueKind::Disagreement,
                    address,
                    format!("{name} is elsewhere by a stronger source than {}", names.source()),
                ));
            }
        };
        for &(index, name) in names.dac_variables {
            add(name.to_owned(), index, GlobalValue::Variable);
        }
        for &(index, class) in names.dac_vtables.iter().copied().flatten() {
            add(Globals::vtable_name(class), index, GlobalValue::VirtualTable);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_read_to_what_its_header_announces() {
        let words = [2u32, 1, 0x5f00_0000, 0, 0, 0, 0x10, 0x20, 0x30, 0x40];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let table = DacTable::from_resource(&bytes, VirtAddr(0x1000)).unwrap();
        assert_eq!(table.counts, Some((2, 1)));
        assert_eq!(table.entries, [VirtAddr(0x1010), VirtAddr(0x1020), VirtAddr(0x1030)]);
        assert_eq!(DacTable::from_resource(&bytes[..32], VirtAddr(0x1000)), None);
    }
}
