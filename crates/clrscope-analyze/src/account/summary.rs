//! The address space in sums: by usage, by type, by state, by protection.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clrscope_clr::AddressRange;
use clrscope_memory::{RegionState, RegionType};

use super::class::MemoryClass;
use super::map::{AddressMap, MapPiece};

/// How many pieces of the address space share something, and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MapSum {
    /// How many pieces.
    pub pieces: u64,
    /// Their bytes, committed or set aside.
    pub bytes: u64,
}

impl MapSum {
    fn add(&mut self, range: AddressRange) {
        self.pieces += 1;
        // Regions that are damaged can overlap.
        self.bytes = self.bytes.saturating_add(range.len());
    }
}

/// The address space in sums, each list with the largest sum first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressSummary {
    /// What is free; nothing, if the dump does not describe regions.
    pub free: MapSum,
    /// Everything that is in use.
    pub busy: MapSum,
    /// By what it is for.
    pub usages: Vec<(MemoryClass, MapSum)>,
    /// By type.
    pub types: Vec<(RegionType, MapSum)>,
    /// By state.
    pub states: Vec<(RegionState, MapSum)>,
    /// What is committed, by protection: `PAGE_*` flags.
    pub protections: Vec<(u32, MapSum)>,
    /// The largest piece of each usage, in the order of `usages`.
    pub largest: Vec<MapPiece>,
}

/// Adds up an address space.
pub fn address_summary(map: &AddressMap) -> AddressSummary {
    let mut free = MapSum::default();
    map.free.iter().for_each(|&range| free.add(range));
    let mut busy = MapSum::default();
    let mut usages: BTreeMap<MemoryClass, MapSum> = BTreeMap::new();
    let mut largest: BTreeMap<MemoryClass, &MapPiece> = BTreeMap::new();
    let mut types: Vec<(RegionType, MapSum)> = Vec::new();
    let mut states: Vec<(RegionState, MapSum)> = Vec::new();
    let mut protections: BTreeMap<u32, MapSum> = BTreeMap::new();
    for piece in &map.pieces {
        let Some(region) = map.regions.get(piece.region) else { continue };
        busy.add(piece.range);
        usages.entry(piece.class).or_default().add(piece.range);
        sum_of(&mut types, region.kind).add(piece.range);
        sum_of(&mut states, region.state).add(piece.range);
        if region.state == RegionState::Commit {
            protections.entry(region.protection).or_default().add(piece.range);
        }
        let best = largest.entry(piece.class).or_insert(piece);
        if piece.range.len() > best.range.len() {
            *best = piece;
        }
    }
    if free.pieces > 0 {
        states.push((RegionState::Free, free));
    }
    let usages = sorted(usages);
    let largest = usages.iter().filter_map(|(class, _)| largest.get(class).copied().cloned());
    AddressSummary {
        free,
        busy,
        largest: largest.collect(),
        usages,
        types: sorted(types),
        states: sorted(states),
        protections: sorted(protections),
    }
}

fn sum_of<K: PartialEq>(sums: &mut Vec<(K, MapSum)>, key: K) -> &mut MapSum {
    let index = sums.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        sums.push((key, MapSum::default()));
        sums.len() - 1
    });
    &mut sums[index].1
}

fn sorted<K>(sums: impl IntoIterator<Item = (K, MapSum)>) -> Vec<(K, MapSum)> {
    let mut sums: Vec<(K, MapSum)> = sums.into_iter().collect();
    sums.sort_by_key(|&(_, sum)| Reverse((sum.bytes, sum.pieces)));
    sums
}
