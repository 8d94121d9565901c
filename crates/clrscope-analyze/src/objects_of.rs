//! Objects of chosen types.

use clrscope_clr::{HeapObjects, Object, Type, Types};
use clrscope_memory::{Control, Interrupted};

/// The objects whose types `wanted` picks, in order of address. Each type is looked at once.
pub(crate) fn objects_of(
    objects: &HeapObjects<'_>,
    types: &Types<'_>,
    wanted: impl Fn(&Type<'_, '_>) -> bool,
    control: &Control<'_>,
) -> Result<Vec<Object>, Interrupted> {
    let is_wanted: Vec<bool> = objects
        .types()
        .iter()
        .map(|(_, info)| !info.is_free && types.get(info.address).is_some_and(|ty| wanted(&ty)))
        .collect();
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |found: &mut Vec<Object>, object, _| {
            if is_wanted.get(object.ty.index()) == Some(&true) {
                found.push(*object);
            }
        },
    )?;
    Ok(parts.into_iter().flatten().collect())
}

/// Objects between two looks at the clock, where they are looked at one by one.
pub(crate) const CHECK_EVERY: usize = 4096;
