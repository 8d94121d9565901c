//! What is in a synthetic heap.

use super::{Roots, SegmentKind, TypeIndex};

/// What a synthetic heap holds.
#[derive(Debug, Clone, Default)]
pub struct Truth {
    /// Objects, those of free space included.
    pub objects: u64,
    /// Their sizes, rounded up as they lie in memory.
    pub bytes: u64,
    /// [`naive::address_hash`](crate::naive::address_hash) of the objects in order of address.
    pub address_hash: u64,
    /// References that are not null.
    pub references: u64,
    /// [`naive::reference_hash`](crate::naive::reference_hash) of those.
    pub reference_hash: u64,
    /// Types by [`TypeIndex`], those without instances included.
    pub types: Vec<TypeTruth>,
    /// Segments or regions in order of address.
    pub segments: Vec<SegmentTruth>,
    /// Every object in order of address, if it was asked for.
    pub all: Vec<ObjectTruth>,
    /// Handles and the finalization queue.
    pub roots: Roots,
}

/// A type and its instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeTruth {
    /// Name, C# style.
    pub name: String,
    /// Method table.
    pub method_table: u64,
    /// Instances.
    pub count: u64,
    /// Sum of their sizes before they are rounded up to the alignment; none is below three pointers.
    pub bytes: u64,
}

/// A segment or region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentTruth {
    /// The number of its heap.
    pub heap: u32,
    /// What it is for.
    pub kind: SegmentKind,
    /// The runtime's record of it.
    pub record: u64,
    /// The first object.
    pub start: u64,
    /// Behind the last object.
    pub end: u64,
    /// Behind the committed memory.
    pub committed_end: u64,
    /// Behind the reserved memory.
    pub reserved_end: u64,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectTruth {
    /// Its address.
    pub address: u64,
    /// Its type.
    pub type_index: TypeIndex,
    /// Its size as it lies in memory.
    pub size: u64,
    /// Its references that are not null, in the order of its words.
    pub references: Vec<u64>,
}

impl Truth {
    /// The graph of all objects by their place in [`Truth::all`]: successors and roots, for the
    /// functions of [`naive`](crate::naive).
    ///
    /// # Panics
    /// If a reference or root is not an object, or the objects were not asked for.
    pub fn graph(&self) -> (Vec<Vec<usize>>, Vec<usize>) {
        assert_eq!(self.all.len() as u64, self.objects, "the objects were not asked for");
        let place = |address: &u64| {
            self.all
                .binary_search_by_key(address, |object| object.address)
                .unwrap_or_else(|_| panic!("no object is at {address:#x}"))
        };
        let successors =
            self.all.iter().map(|object| object.references.iter().map(place).collect()).collect();
        (successors, self.roots.targets().iter().map(place).collect())
    }
}
