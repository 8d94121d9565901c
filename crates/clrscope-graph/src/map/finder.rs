//! Which range holds an address, with a table in front of the binary search.

/// Ranges as their starts and ends, sorted and disjoint, with a table over the upper bits of the
/// address: for a heap of thousands of equal regions, the table leaves one or two to look at.
#[derive(Debug, Clone)]
pub(super) struct RangeFinder {
    bounds: Vec<(u64, u64)>,
    base: u64,
    shift: u32,
    /// For each bucket the first range that ends after its start; one more for the end.
    table: Vec<u32>,
}

/// Buckets for each range, so that most hold one or none.
const BUCKETS_PER_RANGE: usize = 8;
/// More buckets than this do not stay in a cache.
const MAX_BUCKETS: usize = 1 << 16;

impl RangeFinder {
    pub(super) fn new(bounds: Vec<(u64, u64)>) -> RangeFinder {
        let base = bounds.first().map_or(0, |first| first.0);
        let span = bounds.last().map_or(0, |last| last.1 - base);
        let buckets = (bounds.len() * BUCKETS_PER_RANGE).clamp(1, MAX_BUCKETS) as u64;
        let mut shift = 0;
        while buckets < (span >> shift) {
            shift += 1;
        }
        let buckets = (span >> shift) + 1;
        let mut table = Vec::with_capacity(buckets as usize + 1);
        let mut range = 0;
        for bucket in 0..buckets {
            let start = base + (bucket << shift);
            while bounds.get(range).is_some_and(|bound| bound.1 <= start) {
                range += 1;
            }
            table.push(range as u32);
        }
        table.push(bounds.len() as u32);
        RangeFinder { bounds, base, shift, table }
    }

    /// The range that holds `address`.
    #[inline]
    pub(super) fn find(&self, address: u64) -> Option<usize> {
        let index = self.first_ending_after(address)?;
        (self.bounds[index].0 <= address).then_some(index)
    }

    /// The first range with an address that is not below `address`.
    #[inline]
    pub(super) fn first_ending_after(&self, address: u64) -> Option<usize> {
        let Some(offset) = address.checked_sub(self.base) else {
            return (!self.bounds.is_empty()).then_some(0);
        };
        let bucket = usize::try_from(offset >> self.shift).ok()?;
        let first = *self.table.get(bucket)? as usize;
        let last = *self.table.get(bucket + 1)? as usize;
        // The last range of this bucket may reach into the next.
        let candidates = self.bounds.get(first..(last + 1).min(self.bounds.len()))?;
        let within = match candidates {
            [only] => usize::from(only.1 <= address),
            _ => candidates.partition_point(|bound| bound.1 <= address),
        };
        let index = first + within;
        (index < self.bounds.len()).then_some(index)
    }

    pub(super) fn bounds(&self) -> &[(u64, u64)] {
        &self.bounds
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        (self.bounds.len() * 16 + self.table.len() * 4) as u64
    }
}
