//! Tables of national languages: views of files that every process of Windows has.

use clrscope_clr::AddressRange;
use clrscope_memory::{AddressSpace, RegionType, Snapshot, VirtAddr};

use super::{Claims, captured_places};
use crate::account::class::MemoryClass;

/// Views of tables that are recognised by how they begin. Where the dump does not describe regions, a view
/// goes on until the next address that the dump does not hold: views begin at multiples of 64 KB, and few
/// files fill that.
pub(super) fn tables(claims: &mut Claims<'_>, snapshot: &Snapshot<'_>) {
    let mut found: Vec<(AddressRange, &'static str)> = Vec::new();
    for region in claims.regions {
        let end = VirtAddr(region.base.0.saturating_add(region.size));
        match region.kind {
            RegionType::Mapped if region.base == region.allocation_base => {
                if let Some(name) = recognise(region.base, &snapshot.space) {
                    found.push((AddressRange::new(region.base, end), name));
                }
            }
            RegionType::Unknown => {
                for start in captured_places(region, &snapshot.space) {
                    if let Some(name) = recognise(start, &snapshot.space) {
                        found.push((AddressRange::new(start, end), name));
                    }
                }
            }
            _ => {}
        }
    }
    // The nearest one before has the memory up to the next.
    for (range, name) in found.into_iter().rev() {
        claims.add(range, MemoryClass::Mapped, name);
    }
}

/// Offsets of tables, as locale.nls and sortdefault.nls begin with them (Wine, dlls/kernelbase/locale.c),
/// the header of a code page (c_*.nls: its size in words, the code page, bytes of a character, what stands for
/// the unknown), and the names that normalization tables begin with.
fn recognise(start: VirtAddr, space: &AddressSpace<'_>) -> Option<&'static str> {
    let bytes: [u8; 32] = space.read_array(start)?;
    let word = |index: usize| {
        let bytes = bytes.get(index * 4..index * 4 + 4)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    };
    let (first, second, third, fourth) = (word(0)?, word(1)?, word(2)?, word(3)?);
    let limit = 0x100_0000;
    if first == 0x10 && first < second && second < third && third < fourth && fourth < limit {
        return Some("sort keys");
    }
    let (fifth, sixth, seventh, eighth) = (word(4)?, word(5)?, word(6)?, word(7)?);
    let has_locales = first == 0x20
        && [second, third, fourth] == [0; 3]
        && first < fifth
        && fifth < sixth
        && sixth < seventh
        && seventh < eighth
        && eighth < limit;
    if has_locales {
        return Some("locales");
    }
    let is_code_page =
        first & 0xffff == 13 && matches!(second & 0xffff, 1 | 2) && bytes.get(6..8) == Some(b"?\0");
    if is_code_page {
        return Some("code pages");
    }
    let name: Vec<u8> = bytes.iter().step_by(2).copied().collect();
    let is_wide = bytes.iter().skip(1).step_by(2).all(|&byte| byte == 0);
    (is_wide && name.starts_with(b"norm")).then_some("normalization")
}
