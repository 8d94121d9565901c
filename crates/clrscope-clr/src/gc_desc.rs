//! GC descriptions: where the references of a type's instances are. They lie before the method table
//! and grow downwards. dotnet/runtime, src/coreclr/gc/gcdesc.h.

use clrscope_memory::{AddressSpace, PointerWidth, VirtAddr};

/// Series, or items of a repeated group, that one type can have at most.
const MAX_SERIES: u64 = 64 * 1024;
/// Where a method table has the size of its instances, behind its flags.
const BASE_SIZE: u64 = 4;

/// Where the references of a type's instances are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GcDesc {
    /// There are none.
    #[default]
    None,
    /// Stretches of references, in order of offset.
    Series(Box<[Series]>),
    /// A group of stretches that repeats to the end of the object: arrays of structures.
    Repeated {
        /// Bytes from the start of the object to the first group.
        start: u64,
        /// The group.
        items: Box<[RepeatedItem]>,
    },
}

/// A stretch of references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// Bytes from the start of the object.
    pub offset: u64,
    /// Its length in bytes, less the size of the object: below zero but for arrays of references.
    pub relative_length: i64,
}

/// A stretch of references, and of other data behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedItem {
    /// References.
    pub references: u32,
    /// Bytes behind them.
    pub skip: u32,
}

impl GcDesc {
    /// Reads what lies before a method table whose instances hold references. `None` if it is absent
    /// or cannot be one.
    pub(crate) fn read(space: &AddressSpace<'_>, method_table: VirtAddr) -> Option<GcDesc> {
        let width = space.target().pointer;
        let pointer = width.bytes();
        let signed = |address: VirtAddr| {
            space.read_pointer(address).map(|value| match width {
                PointerWidth::Four => i64::from(value.0 as u32 as i32),
                PointerWidth::Eight => value.0 as i64,
            })
        };
        let count = signed(method_table.wrapping_sub(pointer))?;
        // Each series or item has a reference of its own in the object, or in an element of it.
        let base_size = space.read_u32(method_table.wrapping_add(BASE_SIZE))?;
        let most = if count > 0 { u64::from(base_size) / pointer } else { MAX_SERIES };
        if count == 0 || count.unsigned_abs() > most.min(MAX_SERIES) {
            return None;
        }
        let item = |index: u64, size: u64| {
            let distance = pointer * if count > 0 { 1 } else { 2 } + (index + 1) * size;
            method_table.wrapping_sub(distance)
        };
        if count > 0 {
            let mut series = (0..count as u64)
                .map(|index| {
                    let at = item(index, 2 * pointer);
                    let relative_length = signed(at)?;
                    let offset = u64::try_from(signed(at.wrapping_add(pointer))?).ok()?;
                    Some(Series { offset, relative_length })
                })
                .collect::<Option<Box<[_]>>>()?;
            series.sort_by_key(|series| series.offset);
            return Some(GcDesc::Series(series));
        }
        let start = u64::try_from(signed(method_table.wrapping_sub(2 * pointer))?).ok()?;
        let items = (0..count.unsigned_abs())
            .map(|index| {
                let at = item(index, pointer);
                let (references, skip) = match width {
                    PointerWidth::Four => {
                        let word = space.read_u32(at)?;
                        (word & 0xffff, word >> 16)
                    }
                    PointerWidth::Eight => {
                        (space.read_u32(at)?, space.read_u32(at.wrapping_add(4))?)
                    }
                };
                Some(RepeatedItem { references, skip })
            })
            .collect::<Option<Box<[_]>>>()?;
        // A group of no bytes would repeat for ever.
        let advances = items.iter().all(|item| item.references > 0);
        advances.then_some(GcDesc::Repeated { start, items })
    }

    /// Calls `visit` with the offset of each reference of an object and its value; `bytes` are the
    /// object's, `size` its raw size, which can be more than there are bytes.
    #[inline]
    pub(crate) fn for_each(
        &self,
        width: PointerWidth,
        bytes: &[u8],
        size: u64,
        mut visit: impl FnMut(u64, u64),
    ) {
        match self {
            GcDesc::None => {}
            GcDesc::Series(series) => {
                // They are in order and do not overlap, but in damaged descriptions.
                let mut from = 0;
                for series in series {
                    let length = series.relative_length.saturating_add_unsigned(size).max(0) as u64;
                    let end = series.offset.saturating_add(length);
                    let start = series.offset.max(from);
                    stretch(width, bytes, start, end.saturating_sub(start), &mut visit);
                    from = from.max(end);
                }
            }
            GcDesc::Repeated { start, items } => {
                let pointer = width.bytes();
                // The last word of the size is the header of the next object.
                let end = size.saturating_sub(pointer).min(bytes.len() as u64);
                let mut offset = *start;
                while offset < end {
                    for item in items {
                        if offset >= end {
                            break;
                        }
                        let length = u64::from(item.references) * pointer;
                        stretch(
                            width,
                            bytes,
                            offset,
                            length.min(end.saturating_sub(offset)),
                            &mut visit,
                        );
                        offset = offset.saturating_add(length + u64::from(item.skip));
                    }
                }
            }
        }
    }
}

/// All references of a stretch that are there.
#[inline]
fn stretch(
    width: PointerWidth,
    bytes: &[u8],
    offset: u64,
    length: u64,
    visit: &mut impl FnMut(u64, u64),
) {
    let Ok(from) = usize::try_from(offset) else { return };
    let Some(rest) = bytes.get(from..) else { return };
    let rest = &rest[..rest.len().min(usize::try_from(length).unwrap_or(usize::MAX))];
    match width {
        PointerWidth::Eight => {
            for (index, word) in rest.as_chunks::<8>().0.iter().enumerate() {
                visit(offset + 8 * index as u64, u64::from_le_bytes(*word));
            }
        }
        PointerWidth::Four => {
            for (index, word) in rest.as_chunks::<4>().0.iter().enumerate() {
                visit(offset + 4 * index as u64, u32::from_le_bytes(*word).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clrscope_memory::{Range, Target};

    /// Of a type whose instances have 48 bytes.
    fn read(words: &[i64]) -> Option<GcDesc> {
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let table = bytes.len() as u64;
        bytes.extend([0, 0, 0, 0, 48, 0, 0, 0]);
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        GcDesc::read(&space, VirtAddr(0x1000 + table))
    }

    fn references(desc: &GcDesc, object: &[u64], size: u64) -> Vec<u64> {
        let bytes: Vec<u8> = object.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut found = Vec::new();
        desc.for_each(PointerWidth::Eight, &bytes, size, |_, value| found.push(value));
        found
    }

    #[test]
    fn series_lie_before_the_method_table_in_descending_order() {
        // Two series of an object of 48 bytes: one reference at 8, two at 24.
        let desc = read(&[16 - 48, 24, 8 - 48, 8, 2]).unwrap();
        assert_eq!(references(&desc, &[0, 1, 2, 3, 4, 5], 48), [1, 3, 4]);
    }

    #[test]
    fn an_array_of_references_ends_with_its_count() {
        // object[]: base size 24, data from 16 on: the length is the size less 24.
        let desc = read(&[-24, 16, 1]).unwrap();
        assert_eq!(references(&desc, &[0, 2, 7, 8], 24 + 2 * 8), [7, 8]);
    }

    #[test]
    fn a_group_repeats_to_the_end_of_an_array_of_structures() {
        // One item: one reference, eight bytes of other data. Three elements from 16 on.
        let desc = read(&[1 | 8 << 32, 16, -1]).unwrap();
        let object = [0, 3, 1, 90, 2, 91, 3, 92];
        assert_eq!(references(&desc, &object, 24 + 3 * 16), [1, 2, 3]);
    }

    #[test]
    fn more_series_than_an_object_has_words_are_refused() {
        let series = |count: i64| [[-24, 16].repeat(count as usize), vec![count]].concat();
        assert!(read(&series(6)).is_some());
        assert_eq!(read(&series(7)), None);
    }

    #[test]
    fn series_that_overlap_give_each_reference_once() {
        // Three series over the same words.
        let desc = read(&[-24, 16, -16, 8, -24, 16, 3]).unwrap();
        assert_eq!(references(&desc, &[0, 1, 2, 3], 32), [1, 2]);
    }

    #[test]
    fn nonsense_is_refused() {
        // An item without a reference.
        assert_eq!(read(&[8 << 32, 1 | 8 << 32, 16, -2]), None);
        assert_eq!(read(&[0, 0, 0]), None);
        assert_eq!(read(&[0, 16, -1]), None);
        assert_eq!(read(&[0, 16, i64::MIN]), None);
    }

    #[test]
    fn a_size_beyond_the_bytes_ends_with_them() {
        let desc = read(&[-24, 16, 1]).unwrap();
        assert_eq!(references(&desc, &[0, 2, 7], u64::MAX), [7]);
    }
}
