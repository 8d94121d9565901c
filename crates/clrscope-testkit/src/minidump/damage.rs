//! Dumps that were cut off, or lie.

use super::HEADER;
use crate::random::Random;

/// Where the contents of the stream `kind` are in `dump`: place and size.
pub fn find_stream(dump: &[u8], kind: u32) -> Option<(usize, usize)> {
    let number = |offset: usize| -> Option<usize> {
        let bytes = dump.get(offset..offset + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let directory = number(12)?;
    (0..number(8)?)
        .map(|index| directory + 12 * index)
        .find(|&entry| number(entry) == Some(kind as usize))
        .and_then(|entry| Some((number(entry + 8)?, number(entry + 4)?)))
}

/// Overwrites four bytes at `offset` within the stream `kind`: most streams begin with a count, or with
/// sizes and a count.
///
/// # Panics
/// If the dump has no such stream, or it ends before.
pub fn overwrite(dump: &mut [u8], kind: u32, offset: usize, value: u32) {
    let (place, _) = find_stream(dump, kind).unwrap_or_else(|| panic!("no stream {kind}"));
    dump[place + offset..place + offset + 4].copy_from_slice(&value.to_le_bytes());
}

/// A dump that is spoilt in some way that depends on `seed` alone: cut, with a directory of
/// zeroes, with absurd numbers in its structures, or with random bytes anywhere.
pub fn spoil(dump: &[u8], seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut spoilt = dump.to_vec();
    match random.below(4) {
        0 => spoilt.truncate(random.below(dump.len() as u64 + 1) as usize),
        1 => {
            let directory = spoilt.get(12..16).map_or(0, |bytes| {
                u32::from_le_bytes(bytes.try_into().unwrap_or_default()) as usize
            });
            let end = directory.saturating_add(12 * (1 + random.below(20) as usize));
            let end = end.min(spoilt.len());
            if let Some(entries) = spoilt.get_mut(directory.min(end)..end) {
                entries.fill(0);
            }
        }
        2 => {
            for _ in 0..1 + random.below(8) {
                let value = [0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, dump.len() as u32]
                    [random.below(6) as usize];
                let words = (spoilt.len().min(1 << 16) / 4).max(1) as u64;
                let offset = 4 * random.below(words) as usize;
                if let Some(word) = spoilt.get_mut(offset.max(8)..offset.max(8) + 4) {
                    word.copy_from_slice(&value.to_le_bytes());
                }
            }
        }
        _ => {
            for _ in 0..1 + random.below(64) {
                let offset = random.below(spoilt.len().max(1) as u64) as usize;
                if let Some(byte) = spoilt.get_mut(offset.max(HEADER / 4)) {
                    *byte = random.next() as u8;
                }
            }
        }
    }
    spoilt
}
