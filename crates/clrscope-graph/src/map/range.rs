//! Marking the objects of one address range.

/// What object starts are aligned to: the size of a pointer of the process, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Granule {
    /// Four bytes: a 32-bit process.
    Four,
    /// Eight bytes: a 64-bit process.
    Eight,
}

impl Granule {
    /// The granule in bytes.
    pub const fn bytes(self) -> u64 {
        1 << self.shift()
    }

    pub(crate) const fn shift(self) -> u32 {
        match self {
            Granule::Four => 2,
            Granule::Eight => 3,
        }
    }
}

/// The object starts of one address range: one bit a granule.
///
/// Each thread that walks a part of the heap fills its own, and [`ObjectMap::from_ranges`] puts them
/// together, in whatever order they come. Ranges that adjoin or overlap become one.
///
/// The bits reach as far as the last mark, so that an empty end of a range costs nothing, however
/// long the range is said to be.
///
/// [`ObjectMap::from_ranges`]: crate::ObjectMap::from_ranges
#[derive(Debug, Clone)]
pub struct RangeBits {
    start: u64,
    end: u64,
    granule: Granule,
    words: Vec<u64>,
}

impl RangeBits {
    /// No objects yet in `start..end`. A start that is not aligned is taken down to the granule.
    pub fn new(start: u64, end: u64, granule: Granule) -> RangeBits {
        let start = start & !(granule.bytes() - 1);
        RangeBits { start, end: end.max(start), granule, words: Vec::new() }
    }

    /// Marks an object that starts at `address`. False, and nothing is marked, where the address is
    /// outside the range or not aligned.
    #[inline]
    pub fn mark(&mut self, address: u64) -> bool {
        if address < self.start || self.end <= address {
            return false;
        }
        let offset = address - self.start;
        if offset & (self.granule.bytes() - 1) != 0 {
            return false;
        }
        let bit = offset >> self.granule.shift();
        let Ok(word) = usize::try_from(bit / 64) else { return false };
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (bit % 64);
        true
    }

    /// The first address of the range, aligned.
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The address after the range.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Objects that are marked.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    pub(crate) fn granule(&self) -> Granule {
        self.granule
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }
}
