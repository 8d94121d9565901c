//! How full collections are: places that they take memory for and do not use.

use std::collections::BTreeMap;

use clrscope_clr::{HeapObjects, TypeId, Types};
use clrscope_memory::{Control, Interrupted, VirtAddr};
use rustc_hash::FxHashMap;

/// Collections of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionWaste {
    /// Their type.
    pub ty: TypeId,
    /// What they are: `List`, `Dictionary`...
    pub kind: &'static str,
    /// How many there are whose places are known.
    pub collections: u64,
    /// Those that have places and no element in them.
    pub empty: u64,
    /// Elements in all of them.
    pub elements: u64,
    /// Places in all of them.
    pub places: u64,
    /// Bytes of all places.
    pub bytes: u64,
    /// Bytes of places that hold no element.
    pub wasted: u64,
    /// The one that wastes most.
    pub largest: VirtAddr,
    /// Bytes that this one wastes.
    pub largest_wasted: u64,
}

/// Looks at every collection of the base library that keeps its elements in an array, by type: those that
/// waste most first.
///
/// # Errors
/// If `control` stops it.
pub fn collection_waste(
    objects: &HeapObjects<'_>,
    types: &Types<'_>,
    control: &Control<'_>,
) -> Result<Vec<CollectionWaste>, Interrupted> {
    // Whether a type is a collection is decided once, on the first object of it.
    let mut is_collection = vec![false; objects.types().len()];
    for (ty, address) in first_of_each(objects, control)? {
        if let (Some(is), Ok(object)) = (is_collection.get_mut(ty.index()), types.object(address)) {
            *is = object.as_collection(0).is_some();
        }
    }
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |found: &mut Vec<(TypeId, VirtAddr)>, object, _| {
            if is_collection.get(object.ty.index()) == Some(&true) {
                found.push((object.ty, object.address));
            }
        },
    )?;

    let pointer = objects.heap().space().target().pointer_bytes();
    let mut sums: BTreeMap<TypeId, CollectionWaste> = BTreeMap::new();
    for (number, (ty, address)) in parts.into_iter().flatten().enumerate() {
        if number % CHECK_EVERY == 0 {
            control.check()?;
        }
        let Ok(object) = types.object(address) else { continue };
        let Some(collection) = object.as_collection(0) else { continue };
        let (Some(count), Some(capacity)) = (collection.count, collection.capacity) else {
            continue;
        };
        let place = place_bytes(&object).unwrap_or(pointer);
        let wasted = capacity.saturating_sub(count).saturating_mul(place);
        let sum = sums.entry(ty).or_insert(CollectionWaste {
            ty,
            kind: collection.kind,
            collections: 0,
            empty: 0,
            elements: 0,
            places: 0,
            bytes: 0,
            wasted: 0,
            largest: address,
            largest_wasted: 0,
        });
        sum.collections += 1;
        sum.empty += u64::from(count == 0 && capacity > 0);
        sum.elements = sum.elements.saturating_add(count);
        sum.places = sum.places.saturating_add(capacity);
        sum.bytes = sum.bytes.saturating_add(capacity.saturating_mul(place));
        sum.wasted = sum.wasted.saturating_add(wasted);
        if sum.largest_wasted < wasted {
            (sum.largest, sum.largest_wasted) = (address, wasted);
        }
    }
    let mut sums: Vec<CollectionWaste> = sums.into_values().collect();
    sums.sort_by_key(|sum| (std::cmp::Reverse(sum.wasted), sum.ty));
    Ok(sums)
}

/// Collections between two looks at the clock.
const CHECK_EVERY: usize = 4096;

/// The object with the lowest address of each type that has any.
fn first_of_each(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<BTreeMap<TypeId, VirtAddr>, Interrupted> {
    let parts = objects.fold(
        control,
        |_| FxHashMap::default(),
        |first: &mut FxHashMap<TypeId, VirtAddr>, object, _| {
            first.entry(object.ty).or_insert(object.address);
        },
    )?;
    let mut all = BTreeMap::new();
    for part in parts {
        for (ty, address) in part {
            all.entry(ty).or_insert(address);
        }
    }
    Ok(all)
}

/// Names of the fields that hold the array of places, in all versions and kinds.
const ARRAYS: [&str; 9] = [
    "_items", "_array", "_entries", "entries", "_slots", "m_slots", "_buckets", "buckets", "array",
];

/// Bytes of one place of a collection's array.
fn place_bytes(object: &clrscope_clr::ObjectRef<'_, '_>) -> Option<u64> {
    let array = object.field_of(&ARRAYS)?.as_object()?;
    Some(u64::from(array.ty().component_size())).filter(|&bytes| bytes > 0)
}
