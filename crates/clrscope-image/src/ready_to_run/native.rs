//! NativeFormat: the numbers, sparse arrays and hash tables of ReadyToRun images.
//!
//! Source: dotnet/runtime `src/coreclr/vm/nativeformatreader.h`.

use std::borrow::Cow;

/// Reads the number at `at`, and where the next thing is. The low bits of the first byte say how long
/// it is: one to four bytes with seven bits each, or five bytes with 32.
pub(super) fn unsigned(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let (word, length) = prefixed(bytes, at)?;
    Some((if length == 5 { word } else { word >> length }, at + length))
}

/// Reads the signed number at `at`, and where the next thing is.
fn signed(bytes: &[u8], at: usize) -> Option<(i32, usize)> {
    let (word, length) = prefixed(bytes, at)?;
    if length == 5 {
        return Some((word as i32, at + length));
    }
    let unused = 32 - 8 * length as u32;
    Some(((word << unused) as i32 >> (unused + length as u32), at + length))
}

/// The bytes of a number as one word, with the bits that say how long it is, unless it is five bytes
/// long; and how long it is.
fn prefixed(bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = bytes.get(at..)?;
    let length = rest.first()?.trailing_ones() as usize + 1;
    if length > 5 {
        return None;
    }
    let mut word = [0; 4];
    let (start, count) = if length == 5 { (1, 4) } else { (0, length) };
    word[..count].copy_from_slice(rest.get(start..start + count)?);
    Some((u32::from_le_bytes(word), length))
}

/// Number `index` of a table whose entries are one, two or four bytes wide.
fn index_entry(bytes: &[u8], base: usize, width_code: u8, index: usize) -> Option<usize> {
    Some(match width_code {
        0 => (*bytes.get(base.checked_add(index)?)?).into(),
        1 => {
            let entry = bytes.get(base.checked_add(index.checked_mul(2)?)?..)?.first_chunk()?;
            u16::from_le_bytes(*entry).into()
        }
        _ => {
            let entry = bytes.get(base.checked_add(index.checked_mul(4)?)?..)?.first_chunk()?;
            u32::from_le_bytes(*entry) as usize
        }
    })
}

/// A sparse array: a table of blocks of sixteen, each a binary tree whose leaves are the elements.
#[derive(Debug, Clone)]
pub(super) struct NativeArray<'data> {
    bytes: Cow<'data, [u8]>,
    base: usize,
    count: u32,
    width_code: u8,
}

impl<'data> NativeArray<'data> {
    const BLOCK: u32 = 16;

    pub(super) fn new(bytes: Cow<'data, [u8]>) -> Option<NativeArray<'data>> {
        let (header, base) = unsigned(&bytes, 0)?;
        Some(NativeArray { bytes, base, count: header >> 2, width_code: (header & 3) as u8 })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many elements there may be, absent ones counted, as far as there are bytes for their
    /// blocks.
    pub(super) fn count(&self) -> u32 {
        let blocks = (self.bytes.len() - self.base) >> self.width_code.min(2);
        self.count.min(u32::try_from(blocks).unwrap_or(u32::MAX).saturating_mul(Self::BLOCK))
    }

    /// Where the element of an index is; `None` if there is no such element.
    pub(super) fn get(&self, index: u32) -> Option<usize> {
        if index >= self.count {
            return None;
        }
        let block = (index / Self::BLOCK) as usize;
        let mut at = self.base + index_entry(&self.bytes, self.base, self.width_code, block)?;
        let mut bit = Self::BLOCK / 2;
        while bit > 0 {
            let (node, next) = unsigned(&self.bytes, at)?;
            if index & bit != 0 && node & 2 != 0 {
                at = at.checked_add((node >> 2) as usize)?;
            } else if index & bit == 0 && node & 1 != 0 {
                at = next;
            } else {
                // A subtree that is only one leaf says which.
                let is_leaf = node & 3 == 0 && node >> 2 == index & (Self::BLOCK - 1);
                return is_leaf.then_some(next);
            }
            bit /= 2;
        }
        Some(at)
    }
}

/// A hash table; its entries are found by going through all of it.
#[derive(Debug, Clone)]
pub(super) struct NativeHashtable<'data> {
    bytes: Cow<'data, [u8]>,
    buckets: u32,
    width_code: u8,
}

/// The buckets are behind the table's header, one byte.
const BUCKETS: usize = 1;

impl<'data> NativeHashtable<'data> {
    pub(super) fn new(bytes: Cow<'data, [u8]>) -> Option<NativeHashtable<'data>> {
        let header = *bytes.first()?;
        let buckets = 1u32.checked_shl(u32::from(header >> 2))?;
        let width_code = header & 3;
        (width_code <= 2).then_some(NativeHashtable { bytes, buckets, width_code })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where each entry is. No more than there are bytes for, however the buckets overlap.
    pub(super) fn entries(&self) -> impl Iterator<Item = usize> + '_ {
        let buckets = (0..self.buckets as usize).map_while(|bucket| self.bucket(bucket));
        let entries = buckets.flat_map(move |(mut at, end)| {
            std::iter::from_fn(move || {
                if at >= end {
                    return None;
                }
                // The low byte of the hash, then how far away the entry is.
                let position = at + 1;
                let (distance, next) = signed(&self.bytes, position)?;
                at = next;
                position.checked_add_signed(distance as isize)
            })
        });
        entries.take(self.bytes.len() / 2)
    }

    fn bucket(&self, bucket: usize) -> Option<(usize, usize)> {
        let start = index_entry(&self.bytes, BUCKETS, self.width_code, bucket)?;
        let end = index_entry(&self.bytes, BUCKETS, self.width_code, bucket + 1)?;
        Some((BUCKETS + start, BUCKETS + end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_says_how_long_a_number_is() {
        assert_eq!(unsigned(&[0x06], 0), Some((3, 1)));
        // 0b...01: two bytes, fourteen bits.
        assert_eq!(unsigned(&[0x01, 0x02], 0), Some((0x80, 2)));
        assert_eq!(unsigned(&[0x03, 0x00, 0x01], 0), Some((1 << 13, 3)));
        assert_eq!(unsigned(&[0x07, 0x00, 0x00, 0x01], 0), Some((1 << 20, 4)));
        assert_eq!(unsigned(&[0x0f, 4, 3, 2, 1], 0), Some((0x0102_0304, 5)));
        assert_eq!(unsigned(&[0x1f, 4, 3, 2, 1], 0), None);
        assert_eq!(unsigned(&[0x01], 0), None);
        assert_eq!(unsigned(&[], 0), None);
    }

    #[test]
    fn signed_numbers_keep_their_sign() {
        assert_eq!(signed(&[0x06], 0), Some((3, 1)));
        assert_eq!(signed(&[0xfe], 0), Some((-1, 1)));
        assert_eq!(signed(&[0xfd, 0xff], 0), Some((-1, 2)));
        assert_eq!(signed(&[0x01, 0x02], 0), Some((0x80, 2)));
        assert_eq!(signed(&[0x0f, 0xff, 0xff, 0xff, 0xff], 0), Some((-1, 5)));
    }

    #[test]
    fn a_sparse_array_has_the_elements_that_it_has() {
        #[rustfmt::skip]
        let bytes = [
            // three elements, blocks by one byte
            (3 << 2) << 1,
            // the first block is one byte further on
            1,
            // bit 8 of the index: zero is next
            1 << 1,
            // bit 4: zero is next
            1 << 1,
            // bit 2: zero is next, one is three bytes on
            (3 << 2 | 3) << 1,
            // bit 1: a leaf, that of 0
            0,
            // element 0
            40,
            // bit 1: a leaf, that of 2
            (2 << 2) << 1,
            // element 2
            42,
        ];
        let array = NativeArray::new(Cow::Borrowed(&bytes)).unwrap();
        assert_eq!(array.count(), 3);
        assert_eq!(array.get(0).map(|at| bytes[at]), Some(40));
        assert_eq!(array.get(1), None);
        assert_eq!(array.get(2).map(|at| bytes[at]), Some(42));
        assert_eq!(array.get(3), None);
    }

    #[test]
    fn a_hash_table_gives_all_its_entries() {
        #[rustfmt::skip]
        let bytes = [
            // two buckets, by one byte
            1 << 2,
            // the first is empty; the second has two entries
            3, 3, 7,
            // hash, entry 3 bytes on
            0xaa, 3 << 1,
            // hash, entry 2 bytes on
            0xbb, 2 << 1,
            50, 51,
        ];
        let table = NativeHashtable::new(Cow::Borrowed(&bytes)).unwrap();
        let entries: Vec<u8> = table.entries().map(|at| bytes[at]).collect();
        assert_eq!(entries, [50, 51]);
    }
}
