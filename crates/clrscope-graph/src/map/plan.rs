//! Which ranges become one, and where the bits of each go: settled before any bit is copied.

use std::borrow::Borrow;

use super::bits::BLOCK;
use super::range::{Granule, RangeBits};

/// Words without a mark between two adjoining ranges that are still put into one run of bits. With
/// more, the second starts a run of its own, so that an empty range costs nothing however long it
/// is said to be.
const MAX_GAP: u64 = 1 << 12;

/// Where everything goes.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) granule: Granule,
    /// First address and address after, of each run of bits.
    pub(super) bounds: Vec<(u64, u64)>,
    /// The first bit of each run, which starts a block; and the bits of all at the end.
    pub(super) first_bits: Vec<u64>,
    /// The bit of the first granule of each part.
    pub(super) part_bits: Vec<u64>,
    pub(super) objects: u64,
}

impl Plan {
    /// Plans for parts that are sorted by their starts.
    pub(super) fn new<R: Borrow<RangeBits>>(parts: &[R]) -> Plan {
        // Parts of two granules cannot share a shift: the finer one holds both.
        let fine = parts.iter().any(|part| part.borrow().granule() == Granule::Four);
        let granule = if fine { Granule::Four } else { Granule::Eight };
        let mut plan = Plan {
            granule,
            bounds: Vec::new(),
            first_bits: Vec::new(),
            part_bits: Vec::with_capacity(parts.len()),
            objects: parts.iter().map(|part| part.borrow().count()).sum(),
        };
        let mut used = 0u64; // Bits so far.
        for part in parts.iter().map(Borrow::borrow) {
            let mut bit = None;
            let mut end = part.end();
            if let (Some(last), Some(first)) = (plan.bounds.last_mut(), plan.first_bits.last())
                && part.start() <= last.1
            {
                end = end.max(last.1);
                let place = first + ((part.start() - last.0) >> granule.shift());
                if place <= used + MAX_GAP * 64 {
                    last.1 = end;
                    bit = Some(place);
                } else {
                    // The run before has no marks from here on.
                    last.1 = part.start();
                }
            }
            let bit = bit.unwrap_or_else(|| {
                let first = used.next_multiple_of(BLOCK as u64 * 64);
                plan.bounds.push((part.start(), end));
                plan.first_bits.push(first);
                first
            });
            plan.part_bits.push(bit);
            let bits = part.words().len() as u64 * 64;
            used = used.max(bit + (bits << (part.granule().shift() - granule.shift())));
        }
        plan.first_bits.push(used.next_multiple_of(BLOCK as u64 * 64));
        plan
    }

    /// Words of all runs.
    pub(super) fn words(&self) -> u64 {
        self.first_bits.last().map_or(0, |bits| bits / 64)
    }

    /// Bytes of the map: the bits, their directory and samples, the ranges and their table.
    pub(super) fn memory_needed(&self) -> u64 {
        self.words() * 8 + self.words() / 2 + self.objects / 32 + self.bounds.len() as u64 * 64 + 64
    }
}
