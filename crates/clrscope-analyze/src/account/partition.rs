//! Shares out an address space: every byte of its regions to exactly one claim.

use std::collections::BTreeSet;

use clrscope_clr::AddressRange;
use clrscope_memory::VirtAddr;

/// A piece of one region that has one claim or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) range: AddressRange,
    /// The place of its region in the list.
    pub(super) region: usize,
    /// The place of the claim that it goes to.
    pub(super) claim: Option<usize>,
}

/// Shares out `regions`, which are in order of their starts. Where several claims cover a byte, the one
/// that is first in the list has it; where regions overlap, the first region. Pieces come in order of
/// address and do not overlap.
pub(super) fn partition(regions: &[AddressRange], claims: &[AddressRange]) -> Vec<Piece> {
    let mut edges: Vec<(VirtAddr, bool, usize)> = Vec::with_capacity(claims.len() * 2);
    for (index, claim) in claims.iter().enumerate().filter(|(_, claim)| !claim.is_empty()) {
        edges.push((claim.start, true, index));
        edges.push((claim.end, false, index));
    }
    edges.sort_unstable();
    let mut edges = edges.into_iter().peekable();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut done = VirtAddr(0);
    for (index, region) in regions.iter().enumerate() {
        let mut at = region.start.max(done);
        while at < region.end {
            while let Some((_, opens, claim)) = edges.next_if(|&(edge, ..)| edge <= at) {
                if opens {
                    open.insert(claim);
                } else {
                    open.remove(&claim);
                }
            }
            let next = edges.peek().map_or(region.end, |&(edge, ..)| edge.min(region.end));
            let claim = open.first().copied();
            match pieces.last_mut() {
                Some(last)
                    if last.region == index && last.claim == claim && last.range.end == at =>
                {
                    last.range.end = next;
                }
                _ => {
                    let range = AddressRange::new(at, next);
                    pieces.push(Piece { range, region: index, claim });
                }
            }
            at = next;
        }
        done = done.max(region.end);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(count: usize) -> impl Strategy<Value = Vec<AddressRange>> {
        let one = (0u64..60, 0u64..20)
            .prop_map(|(start, len)| AddressRange::new(VirtAddr(start), VirtAddr(start + len)));
        prop::collection::vec(one, 0..count)
    }

    proptest! {
        #[test]
        fn every_byte_goes_to_exactly_one_claim(mut regions in ranges(8), claims in ranges(8)) {
            regions.sort_by_key(|region| region.start);
            let pieces = partition(&regions, &claims);
            for byte in (0..90).map(VirtAddr) {
                let holding: Vec<&Piece> =
                    pieces.iter().filter(|piece| piece.range.contains(byte)).collect();
                let region = regions.iter().position(|region| region.contains(byte));
                match (region, holding.as_slice()) {
                    (None, []) => {}
                    (Some(_), [piece]) => {
                        prop_assert!(regions[piece.region].contains(byte));
                        let claim = claims.iter().position(|claim| claim.contains(byte));
                        prop_assert_eq!(piece.claim, claim);
                    }
                    other => prop_assert!(false, "{:?} {:?}", byte, other),
                }
            }
        }
    }

    #[test]
    fn the_end_of_the_address_space_is_no_end_of_the_world() {
        let all = AddressRange::new(VirtAddr(0), VirtAddr(u64::MAX));
        let top = AddressRange::new(VirtAddr(u64::MAX - 9), VirtAddr(u64::MAX));
        let pieces = partition(&[all], &[top]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], Piece { range: top, region: 0, claim: Some(0) });
    }
}
