//! Where the methods of a code heap begin: four bits for each 32 bytes of the heap.
//!
//! A nibble is zero if no method begins in its bucket, else one plus the method's offset in units of
//! four bytes. Eight nibbles are a word, the highest first. From .NET 10 on, a word between a method's
//! begin and its end points at the begin: its low nibble is then 9 to 12.

use clrscope_memory::{AddressSpace, VirtAddr};

const BUCKET: u64 = 32;
const NIBBLES: u64 = 8;
/// More than a code heap ever has.
const MAX_HEAP: u64 = 1 << 32;
/// Words that a search goes back at most: a method of 16 MiB.
const MAX_WORDS: u64 = 1 << 14;

/// The last method that begins at `address` or before it. `map` describes the memory from `base` on.
pub(super) fn method_start(
    space: &AddressSpace<'_>,
    base: VirtAddr,
    map: VirtAddr,
    address: VirtAddr,
) -> Option<VirtAddr> {
    let delta = address.offset_from(base)?;
    let bucket = delta / BUCKET;
    let first = bucket / NIBBLES;
    for back in 0..=first.min(MAX_WORDS) {
        let index = first - back;
        let word = space.read_u32(map.wrapping_add(index * 4))?;
        if word & 0xf > 8 {
            let offset = u64::from(word & !0xf) + u64::from((word & 0xf) - 9) * 4;
            return Some(base.wrapping_add(offset));
        }
        // In the first word, from the address's own bucket on downwards.
        let highest = if back == 0 { bucket % NIBBLES } else { NIBBLES - 1 };
        for place in (0..=highest).rev() {
            let nibble = word >> (28 - 4 * place) & 0xf;
            let start = (index * NIBBLES + place) * BUCKET + u64::from(nibble.max(1) - 1) * 4;
            if nibble != 0 && start <= delta {
                return Some(base.wrapping_add(start));
            }
        }
    }
    None
}

/// All methods that begin from `base` to before `end`, in order of address.
pub(super) fn method_starts(
    space: &AddressSpace<'_>,
    base: VirtAddr,
    map: VirtAddr,
    end: VirtAddr,
    most: usize,
) -> Vec<VirtAddr> {
    let bytes = end.offset_from(base).unwrap_or(0).min(MAX_HEAP);
    let mut starts = Vec::new();
    for index in 0..bytes.div_ceil(BUCKET * NIBBLES) {
        let Some(word) = space.read_u32(map.wrapping_add(index * 4)) else { break };
        if starts.len() >= most {
            break;
        }
        // Empty, or within a method that began before.
        if word == 0 || word & 0xf > 8 {
            continue;
        }
        for place in 0..NIBBLES {
            let nibble = word >> (28 - 4 * place) & 0xf;
            if nibble != 0 {
                let offset = (index * NIBBLES + place) * BUCKET + u64::from(nibble - 1) * 4;
                starts.push(base.wrapping_add(offset));
            }
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    fn find(words: &[u32], offset: u64) -> Option<u64> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let base = VirtAddr(0x10_0000);
        let start = method_start(&space, base, VirtAddr(0x1000), base.wrapping_add(offset))?;
        start.offset_from(base)
    }

    #[test]
    fn a_method_is_found_from_its_begin_to_the_next() {
        // Methods at 28h (bucket 1, 2 words in) and at 120h (bucket 9).
        let words = [0x0300_0000, 0x0100_0000, 0];
        assert_eq!(find(&words, 0x27), None);
        assert_eq!(find(&words, 0x28), Some(0x28));
        assert_eq!(find(&words, 0x11f), Some(0x28));
        assert_eq!(find(&words, 0x120), Some(0x120));
        assert_eq!(find(&words, 0x2ff), Some(0x120));
        assert_eq!(find(&words, 0x300), None);
    }

    #[test]
    fn all_begins_are_listed_once() {
        let words = [0x0300_0002u32, 0x20 | 10, 0x0100_0000];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ranges = [Range::new(VirtAddr(0x1000), bytes.len() as u64, 0)];
        let space = AddressSpace::from_ranges(&bytes, &ranges, Target::X64_WINDOWS).value;
        let starts = |end| {
            let found =
                method_starts(&space, VirtAddr(0), VirtAddr(0x1000), VirtAddr(end), usize::MAX);
            found.into_iter().map(|start| start.0).collect::<Vec<_>>()
        };
        assert_eq!(starts(0x300), [0x28, 0xe4, 0x220]);
        // The map ends before the heap does.
        assert_eq!(starts(0x10_0000), [0x28, 0xe4, 0x220]);
        assert_eq!(starts(0), [0; 0]);
    }

    #[test]
    fn a_word_can_point_at_the_begin() {
        // The method at 24h: 20h and one unit.
        let words = [0x0200_0000, 0x20 | 10, 0x20 | 10];
        assert_eq!(find(&words, 0x200), Some(0x24));
    }
}
