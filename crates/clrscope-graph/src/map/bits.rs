//! A bitmap with rank and select.

/// Words in a block: with one count a block, a rank reads one cache line of bits.
pub(super) const BLOCK: usize = 8;
/// Objects between two samples of the block that holds them.
const SAMPLE: u32 = 128;

/// Bits, how many are set before each block, and the blocks of every 128th set bit.
#[derive(Debug, Clone)]
pub(super) struct RankedBits {
    words: Vec<u64>,
    /// Set bits before each block, and those of all blocks at the end.
    ranks: Vec<u32>,
    samples: Vec<u32>,
}

impl RankedBits {
    /// Bits that are already counted to be fewer than 2³², in whole blocks.
    pub(super) fn new(words: Vec<u64>) -> RankedBits {
        debug_assert!(words.len().is_multiple_of(BLOCK));
        let mut ranks = Vec::with_capacity(words.len() / BLOCK + 1);
        let mut samples = Vec::new();
        let mut rank = 0u32;
        for (index, block) in words.chunks_exact(BLOCK).enumerate() {
            ranks.push(rank);
            rank += block.iter().map(|word| word.count_ones()).sum::<u32>();
            while (samples.len() as u64) * u64::from(SAMPLE) < u64::from(rank) {
                samples.push(index as u32);
            }
        }
        ranks.push(rank);
        RankedBits { words, ranks, samples }
    }

    pub(super) fn len(&self) -> u32 {
        self.ranks.last().copied().unwrap_or(0)
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    /// Set bits before `bit`.
    #[inline]
    pub(super) fn rank(&self, bit: u64) -> u32 {
        let word = (bit / 64) as usize;
        let block = word / BLOCK;
        if self.words.len() <= word {
            return self.len();
        }
        let before = self.words[block * BLOCK..word].iter().map(|word| word.count_ones());
        let below = self.words[word] & !(u64::MAX << (bit % 64));
        self.ranks[block] + before.sum::<u32>() + below.count_ones()
    }

    #[inline]
    pub(super) fn is_set(&self, bit: u64) -> bool {
        self.words.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// The set bit with `rank` set bits before it.
    pub(super) fn select(&self, rank: u32) -> Option<u64> {
        if self.len() <= rank {
            return None;
        }
        let sample = (rank / SAMPLE) as usize;
        let first = self.samples[sample] as usize;
        let last =
            self.samples.get(sample + 1).map_or(self.ranks.len() - 2, |&block| block as usize);
        // The last block that does not start after the bit.
        let candidates = &self.ranks[first..=last];
        let block = first + candidates.partition_point(|&before| before <= rank) - 1;
        let mut left = rank - self.ranks[block];
        for index in block * BLOCK..(block + 1) * BLOCK {
            let word = self.words[index];
            let ones = word.count_ones();
            if left < ones {
                return Some(index as u64 * 64 + u64::from(select_in_word(word, left)));
            }
            left -= ones;
        }
        None
    }

    /// The last set bit in `from..=to`.
    pub(super) fn previous(&self, from: u64, to: u64) -> Option<u64> {
        let (first, last) = ((from / 64) as usize, (to / 64) as usize);
        let mut word = self.words.get(last)? & (u64::MAX >> (63 - to % 64));
        let mut index = last;
        // Long empty stretches are stepped over by their counts.
        while word == 0 {
            if index <= first {
                return None;
            }
            index -= 1;
            if index % BLOCK == BLOCK - 1 {
                let block = index / BLOCK;
                let after = self.ranks[block + 1];
                if after == 0 {
                    return None;
                }
                if self.ranks[block] == after {
                    let found = self.select(after - 1)?;
                    return (from <= found).then_some(found);
                }
            }
            word = self.words[index];
        }
        let found = index as u64 * 64 + u64::from(63 - word.leading_zeros());
        (from <= found).then_some(found)
    }

    pub(super) fn memory_bytes(&self) -> u64 {
        (self.words.len() * 8 + self.ranks.len() * 4 + self.samples.len() * 4) as u64
    }
}

/// The place of the set bit of `word` that has `rank` set bits below it.
fn select_in_word(word: u64, rank: u32) -> u32 {
    let (mut word, mut rank, mut place) = (word, rank, 0);
    for width in [32, 16, 8, 4, 2, 1] {
        let low = word & ((1 << width) - 1);
        let ones = low.count_ones();
        if ones <= rank {
            rank -= ones;
            word >>= width;
            place += width;
        } else {
            word = low;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn select_in_word_finds_each_bit() {
        for word in [1, u64::MAX, 1 << 63, 0x8000_0001_0000_8001, 0xAAAA_AAAA_AAAA_AAAA] {
            let places: Vec<u32> = (0..64).filter(|place| word >> place & 1 != 0).collect();
            for (rank, &place) in places.iter().enumerate() {
                assert_eq!(select_in_word(word, rank as u32), place, "{word:#x}");
            }
        }
    }
}
