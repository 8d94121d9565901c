//! Addresses to ids and back, by rank and select over one bit a granule.

mod bits;
mod finder;
mod iter;
mod plan;
mod range;
#[cfg(test)]
mod tests;

use std::ops::Range;

use clrscope_memory::Control;

pub use self::iter::Objects;
pub use self::range::{Granule, RangeBits};

use self::bits::RankedBits;
use self::finder::RangeFinder;
use self::plan::Plan;
use crate::{GraphError, ObjectId};

/// The objects of a heap: which addresses they start at, and their ids.
///
/// One bit a granule (1.6 % of the heap where pointers have eight bytes) and a directory of one
/// count for 512 of them (another 0.1 %). There is no table of objects anywhere: an id is a rank, an
/// address a select.
///
/// ```
/// use clrscope_graph::{Granule, ObjectId, ObjectMap, RangeBits};
/// use clrscope_memory::Control;
///
/// let mut young = RangeBits::new(0x1000, 0x2000, Granule::Eight);
/// young.mark(0x1018);
/// young.mark(0x1000);
/// let mut large = RangeBits::new(0x9000, 0xA000, Granule::Eight);
/// large.mark(0x9020);
///
/// let map = ObjectMap::from_ranges([large, young], &Control::new())?;
/// assert_eq!(map.id(0x9020), Some(ObjectId(2)));
/// assert_eq!(map.id(0x9028), None);
/// assert_eq!(map.address(ObjectId(1)), Some(0x1018));
/// assert_eq!(map.containing(0x1010), Some((ObjectId(0), 0x1000)));
/// # Ok::<(), clrscope_graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ObjectMap {
    granule: Granule,
    finder: RangeFinder,
    /// For each range its first bit, which starts a block; and the bits of all at the end.
    first_bits: Vec<u64>,
    bits: RankedBits,
}

impl ObjectMap {
    /// Puts the marked ranges together, in the order of their addresses. Ranges that adjoin or
    /// overlap become one.
    ///
    /// # Errors
    ///
    /// More objects than [`ObjectId::MAX_COUNT`], or `control` stopped it.
    pub fn from_ranges(
        ranges: impl IntoIterator<Item = RangeBits>,
        control: &Control<'_>,
    ) -> Result<ObjectMap, GraphError> {
        let mut parts: Vec<RangeBits> = ranges.into_iter().collect();
        parts.sort_by_key(|part| (part.start(), part.end()));
        let plan = Plan::new(&parts);
        if ObjectId::MAX_COUNT < plan.objects {
            return Err(GraphError::TooManyObjects { count: plan.objects });
        }
        control.reserve(plan.memory_needed())?;
        let mut words = vec![0; plan.words() as usize];
        for (part, &bit) in parts.into_iter().zip(&plan.part_bits) {
            control.check()?;
            merge(&mut words, bit, &part, plan.granule);
        }
        Ok(ObjectMap {
            granule: plan.granule,
            finder: RangeFinder::new(plan.bounds),
            first_bits: plan.first_bits,
            bits: RankedBits::new(words),
        })
    }

    /// Bytes that a map of these ranges takes, beside the ranges themselves, before any is allocated.
    pub fn memory_needed(ranges: &[RangeBits]) -> u64 {
        let mut sorted: Vec<&RangeBits> = ranges.iter().collect();
        sorted.sort_by_key(|part| (part.start(), part.end()));
        Plan::new(&sorted).memory_needed()
    }

    /// Bytes that the map takes.
    pub fn memory_bytes(&self) -> u64 {
        self.bits.memory_bytes() + self.finder.memory_bytes() + self.first_bits.len() as u64 * 8
    }

    /// How many objects there are.
    pub fn len(&self) -> u32 {
        self.bits.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What object starts are aligned to.
    pub fn granule(&self) -> Granule {
        self.granule
    }

    /// The ranges, in the order of their addresses, as first address and address after.
    pub fn ranges(&self) -> &[(u64, u64)] {
        self.finder.bounds()
    }

    /// The object that starts at `address`.
    #[inline]
    pub fn id(&self, address: u64) -> Option<ObjectId> {
        let range = self.finder.find(address)?;
        let offset = address - self.finder.bounds()[range].0;
        if offset & (self.granule.bytes() - 1) != 0 {
            return None;
        }
        let bit = self.first_bits[range] + (offset >> self.granule.shift());
        // Beyond the last mark of its range there are no bits, but perhaps those of the next range.
        if self.first_bits[range + 1] <= bit || !self.bits.is_set(bit) {
            return None;
        }
        Some(ObjectId(self.bits.rank(bit)))
    }

    /// Where an object starts.
    pub fn address(&self, id: ObjectId) -> Option<u64> {
        self.bits.select(id.0).map(|bit| self.address_of_bit(bit, self.range_of_bit(bit)))
    }

    /// The last object of the same range, or of ranges that adjoin, that does not start after `address`, with its start: the
    /// one that an interior pointer points into, unless it ends before. The map knows no sizes.
    pub fn containing(&self, address: u64) -> Option<(ObjectId, u64)> {
        let bounds = self.finder.bounds();
        let mut range = self.finder.find(address)?;
        let mut offset = (address - bounds[range].0) >> self.granule.shift();
        loop {
            let (first, end) = (self.first_bits[range], self.first_bits[range + 1]);
            if first < end {
                let last = first.saturating_add(offset).min(end - 1);
                if let Some(bit) = self.bits.previous(first, last) {
                    return Some((ObjectId(self.bits.rank(bit)), self.address_of_bit(bit, range)));
                }
            }
            // A range that adjoins holds what reaches into this one.
            let before = range.checked_sub(1)?;
            if bounds[before].1 != bounds[range].0 {
                return None;
            }
            (range, offset) = (before, u64::MAX);
        }
    }

    /// How many objects start below `address`: the id of the first that does not.
    pub fn count_below(&self, address: u64) -> u32 {
        let Some(range) = self.finder.first_ending_after(address) else { return self.len() };
        let offset = address.saturating_sub(self.finder.bounds()[range].0);
        let granules = offset.div_ceil(self.granule.bytes());
        let bit = self.first_bits[range].saturating_add(granules).min(self.first_bits[range + 1]);
        self.bits.rank(bit)
    }

    /// The ids of the objects that start in a range of addresses.
    pub fn ids_in(&self, addresses: Range<u64>) -> Range<u32> {
        let first = self.count_below(addresses.start);
        first..self.count_below(addresses.end).max(first)
    }

    /// All objects with their addresses, in order.
    pub fn iter(&self) -> Objects<'_> {
        self.iter_ids(0..self.len())
    }

    /// The objects of a range of ids with their addresses, in order.
    pub fn iter_ids(&self, ids: Range<u32>) -> Objects<'_> {
        Objects::new(self, ids.start..ids.end.min(self.len()))
    }

    fn range_of_bit(&self, bit: u64) -> usize {
        self.first_bits.partition_point(|&first| first <= bit).saturating_sub(1)
    }

    fn address_of_bit(&self, bit: u64, range: usize) -> u64 {
        self.finder.bounds()[range].0 + ((bit - self.first_bits[range]) << self.granule.shift())
    }
}

impl<'a> IntoIterator for &'a ObjectMap {
    type Item = (ObjectId, u64);
    type IntoIter = Objects<'a>;

    fn into_iter(self) -> Objects<'a> {
        self.iter()
    }
}

/// Sets the marks of `part` from `bit` on. The plan made room for all of them.
fn merge(words: &mut [u64], bit: u64, part: &RangeBits, granule: Granule) {
    let mut set = |bit: u64, marks: u64| {
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        words[word] |= marks << shift;
        let rest = marks.checked_shr(64 - shift as u32).unwrap_or(0);
        if rest != 0 {
            words[word + 1] |= rest;
        }
    };
    for (index, &marks) in part.words().iter().enumerate() {
        let offset = index as u64 * 64;
        if part.granule() == granule {
            set(bit + offset, marks);
        } else {
            // A coarse mark is the first of two fine ones.
            for place in (0..64).filter(|place| marks >> place & 1 != 0) {
                set(bit + (offset + place) * 2, 1);
            }
        }
    }
}
