//! Objects in the order of their addresses.

use std::iter::FusedIterator;
use std::ops::Range;

use super::ObjectMap;
use crate::ObjectId;

/// Objects with their addresses, in order. Reads the bits once, without a select for each.
#[derive(Debug, Clone)]
pub struct Objects<'a> {
    map: &'a ObjectMap,
    ids: Range<u32>,
    /// The word that is being read, and its bits that are left.
    word: usize,
    left: u64,
    range: usize,
}

impl<'a> Objects<'a> {
    pub(super) fn new(map: &'a ObjectMap, ids: Range<u32>) -> Objects<'a> {
        let first = if ids.is_empty() { None } else { map.bits.select(ids.start) };
        match first {
            Some(bit) => {
                let word = (bit / 64) as usize;
                let left = map.bits.words()[word] & (u64::MAX << (bit % 64));
                Objects { map, ids, word, left, range: map.range_of_bit(bit) }
            }
            None => Objects { map, ids: 0..0, word: 0, left: 0, range: 0 },
        }
    }
}

impl Iterator for Objects<'_> {
    type Item = (ObjectId, u64);

    #[inline]
    fn next(&mut self) -> Option<(ObjectId, u64)> {
        let id = self.ids.next()?;
        while self.left == 0 {
            self.word += 1;
            self.left = *self.map.bits.words().get(self.word)?;
        }
        let bit = self.word as u64 * 64 + u64::from(self.left.trailing_zeros());
        self.left &= self.left - 1;
        while self.map.first_bits.get(self.range + 1).is_some_and(|&first| first <= bit) {
            self.range += 1;
        }
        Some((ObjectId(id), self.map.address_of_bit(bit, self.range)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.ids.size_hint()
    }
}

impl ExactSizeIterator for Objects<'_> {}
impl FusedIterator for Objects<'_> {}
