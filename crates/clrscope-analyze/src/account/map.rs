//! The address space as a list of pieces, each for one purpose.

use std::collections::BTreeMap;

use clrscope_clr::{AddressRange, HeapObjects};
use clrscope_memory::{
    Control, Interrupted, Issues, RegionRecord, RegionState, RegionType, Snapshot,
};

use super::claims::{Claims, claims};
use super::class::MemoryClass;
use super::content::guess;
use super::partition::partition;
use super::regions::{range_of, regions_in_use};

/// A piece of one region that serves one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapPiece {
    /// Where it is.
    pub range: AddressRange,
    /// The place of its region in [`AddressMap::regions`].
    pub region: usize,
    /// What it is for.
    pub class: MemoryClass,
    /// Which within the class: a generation of a heap, an image, what native memory looks like.
    pub detail: String,
}

/// The address space of a process: every byte of its regions in exactly one piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressMap {
    /// The regions that are in use, in order of address; where the dump does not describe them, the
    /// ranges that it holds.
    pub regions: Vec<RegionRecord>,
    /// Their pieces, in order of address.
    pub pieces: Vec<MapPiece>,
    /// What the dump says is free, in order of address.
    pub free: Vec<AddressRange>,
    /// Whether the dump described the regions of the address space.
    pub has_regions: bool,
    /// Whether the system was Wine.
    pub(super) is_wine: bool,
    /// What is known of native heaps, by the detail of their pieces: free bytes, objects of images.
    pub(super) parts_of_heaps: BTreeMap<String, Vec<(String, u64)>>,
}

/// `PAGE_EXECUTE` and its kin.
const EXECUTABLE: u32 = 0xf0;

/// Says what every byte of the address space is for. Without `objects`, managed memory is not told from
/// native. What was wrong is added to `issues`.
///
/// # Errors
/// If `control` stops it.
pub fn address_map(
    snapshot: &Snapshot<'_>,
    objects: Option<&HeapObjects<'_>>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<AddressMap, Interrupted> {
    let has_regions = !snapshot.regions.is_empty();
    let regions = regions_in_use(snapshot);
    let ranges: Vec<AddressRange> = regions.iter().map(range_of).collect();
    let Claims { list, parts_of_heaps, is_wine, .. } =
        claims(snapshot, &regions, objects, issues, control)?;
    let claimed: Vec<AddressRange> = list.iter().map(|claim| claim.range).collect();
    let mut pieces = Vec::new();
    for piece in partition(&ranges, &claimed) {
        control.check()?;
        let Some(region) = regions.get(piece.region) else { continue };
        let (class, detail) = match piece.claim.and_then(|claim| list.get(claim)) {
            Some(claim) => (claim.class, claim.describe(piece.range, region, snapshot)),
            None => unclaimed(region, piece.range, snapshot),
        };
        pieces.push(MapPiece { range: piece.range, region: piece.region, class, detail });
    }
    let free = snapshot.regions.iter().filter(|region| region.state == RegionState::Free);
    let free = free.map(range_of).collect();
    Ok(AddressMap { regions, pieces, free, has_regions, is_wine, parts_of_heaps })
}

/// What memory is called that is only set aside.
const RESERVED: &str = "set aside";

/// The class of memory that nobody claims.
fn unclaimed(
    region: &RegionRecord,
    range: AddressRange,
    snapshot: &Snapshot<'_>,
) -> (MemoryClass, String) {
    match region.kind {
        RegionType::Mapped if region.state == RegionState::Reserve => {
            (MemoryClass::Mapped, RESERVED.to_owned())
        }
        _ if region.state == RegionState::Reserve => (MemoryClass::Native, RESERVED.to_owned()),
        RegionType::Image => (MemoryClass::Image, "not in the list of modules".to_owned()),
        _ if region.protection & EXECUTABLE != 0 => (MemoryClass::Code, String::new()),
        RegionType::Mapped => (MemoryClass::Mapped, guess(range, snapshot).to_string()),
        _ => (MemoryClass::Native, guess(range, snapshot).to_string()),
    }
}
