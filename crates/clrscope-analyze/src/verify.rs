//! Whether a heap is sound: every object, and every reference in it.

use clrscope_clr::{DamageKind, HeapObjects, Object};
use clrscope_graph::{Granule, GraphError, ObjectMap, RangeBits};
use clrscope_memory::{Control, PointerWidth, VirtAddr, limits};

use crate::Selector;

/// What is wrong at one place of a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeapFaultKind {
    /// Where an object ought to begin, there is no method table.
    NoMethodTable,
    /// An object would end behind its segment.
    TooLarge,
    /// The dump does not hold the memory.
    Absent,
    /// A reference to an address that is no multiple of what objects are aligned to.
    UnalignedReference,
    /// A reference to no object.
    BadReference,
    /// A reference to a gap between objects.
    ReferenceToFree,
}

impl HeapFaultKind {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            HeapFaultKind::NoMethodTable => "no-method-table",
            HeapFaultKind::TooLarge => "too-large",
            HeapFaultKind::Absent => "absent",
            HeapFaultKind::UnalignedReference => "unaligned-reference",
            HeapFaultKind::BadReference => "bad-reference",
            HeapFaultKind::ReferenceToFree => "reference-to-free",
        }
    }
}

/// A fault and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeapFault {
    /// Where: the field that holds a bad reference, or the first byte that is no object.
    pub address: VirtAddr,
    /// The object that the field is in.
    pub object: Option<VirtAddr>,
    /// What is wrong.
    pub kind: HeapFaultKind,
    /// The reference, or the number of bytes that are left out.
    pub value: u64,
}

/// What was verified, and what was found.
#[derive(Debug, Clone, Default)]
pub struct Verification {
    /// Objects that were looked at, gaps among them.
    pub objects: u64,
    /// Faults in order of address, at most [`limits::MAX_ISSUES`].
    pub faults: Vec<HeapFault>,
    /// Faults that were counted but not kept.
    pub dropped: u64,
}

impl Verification {
    fn push(&mut self, fault: HeapFault) {
        if self.faults.len() < limits::MAX_ISSUES {
            self.faults.push(fault);
        } else {
            self.dropped += 1;
        }
    }
}

/// Verifies the objects that `selector` accepts, on all cores: that the walk meets no damage, and that
/// every reference in them is to an object.
///
/// # Errors
/// If `control` stops it, or there are more objects than ids.
pub fn verify(
    objects: &HeapObjects<'_>,
    selector: &Selector<'_, '_>,
    control: &Control<'_>,
) -> Result<Verification, GraphError> {
    let width = objects.heap().method_tables().pointer_width();
    let starts = starts(objects, control, width)?;
    let parts = objects.fold(
        control,
        |stretch| (stretch.segment, Verification::default()),
        |(segment, found), object, bytes| {
            if selector.accepts(*segment, object) {
                found.objects += 1;
                objects.references_of(object, bytes, |place, target| {
                    if starts.id(target.0).is_none() {
                        found.push(bad_reference(objects, object, place, target, width));
                    }
                });
            }
        },
    )?;
    let mut result = Verification::default();
    for damage in objects.damage() {
        let kind = match damage.kind {
            DamageKind::TooLarge => HeapFaultKind::TooLarge,
            DamageKind::Absent => HeapFaultKind::Absent,
            _ => HeapFaultKind::NoMethodTable,
        };
        let (address, value) = (damage.range.start, damage.range.len());
        result.push(HeapFault { address, object: None, kind, value });
    }
    for (_, part) in parts {
        result.objects += part.objects;
        result.dropped += part.dropped;
        part.faults.into_iter().for_each(|fault| result.push(fault));
    }
    result.faults.sort_by_key(|fault| fault.address);
    Ok(result)
}

/// Where objects begin that may be referred to: all but gaps.
fn starts(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
    width: PointerWidth,
) -> Result<ObjectMap, GraphError> {
    let granule = match width {
        PointerWidth::Four => Granule::Four,
        PointerWidth::Eight => Granule::Eight,
    };
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let ranges = objects.fold(
        control,
        |stretch| RangeBits::new(stretch.range.start.0, stretch.range.end.0, granule),
        |bits, object, _| {
            if !is_free.get(object.ty.index()).copied().unwrap_or(false) {
                bits.mark(object.address.0);
            }
        },
    )?;
    ObjectMap::from_ranges(ranges, control)
}

fn bad_reference(
    objects: &HeapObjects<'_>,
    object: &Object,
    place: Option<VirtAddr>,
    target: VirtAddr,
    width: PointerWidth,
) -> HeapFault {
    let is_free = || {
        let found = objects.object_at(target)?;
        objects.types().get(found.ty).map(|info| info.is_free)
    };
    let kind = if !target.is_aligned(width.bytes()) {
        HeapFaultKind::UnalignedReference
    } else if is_free().unwrap_or(false) {
        HeapFaultKind::ReferenceToFree
    } else {
        HeapFaultKind::BadReference
    };
    let address = place.unwrap_or(object.address);
    HeapFault { address, object: Some(object.address), kind, value: target.0 }
}
