//! What an object refers to, and by which of its members.

use clrscope_clr::{HeapObjects, Object};
use clrscope_memory::VirtAddr;

use crate::member::member_name;

/// A reference that an object holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldReference {
    /// Where it is; `None` of what keeps the object's type from being unloaded, which is in no field.
    pub place: Option<VirtAddr>,
    /// Where it leads.
    pub target: VirtAddr,
}

impl HeldReference {
    /// The member that holds it: a field (`_items`), an element (`[42]`), a field of a struct in an element
    /// (`[3].value`), `(loader allocator)`; the distance from the start of the object, if the metadata of
    /// its type is absent.
    pub fn member(&self, objects: &HeapObjects<'_>, holder: &Object) -> String {
        let Some(place) = self.place else { return "(loader allocator)".to_owned() };
        let offset = place.0.wrapping_sub(holder.address.0);
        member_name(objects, holder, offset).unwrap_or_else(|| format!("+{offset:#x}"))
    }
}

/// The references of an object that are not null, in order of their places.
pub fn held_references(objects: &HeapObjects<'_>, holder: &Object) -> Vec<HeldReference> {
    let mut held = Vec::new();
    visit_held(objects, holder, |reference| held.push(reference));
    held
}

/// Calls `visit` with each reference of an object.
pub(crate) fn visit_held(
    objects: &HeapObjects<'_>,
    holder: &Object,
    mut visit: impl FnMut(HeldReference),
) {
    let length = usize::try_from(holder.aligned_size).unwrap_or(0);
    let bytes = objects.heap().space().slice(holder.address, length).unwrap_or(&[]);
    objects.references_of(holder, bytes, |place, target| visit(HeldReference { place, target }));
}
