//! The names of what is within an object: fields, elements, fields of structs in them.

use clrscope_clr::{FieldKind, HeapObjects, Object, Types};
use clrscope_memory::{VirtAddr, limits};

/// The member of an object at an offset from its start, as paths have it: a field, an element, a
/// field of a struct in an element.
pub fn member_name(objects: &HeapObjects<'_>, object: &Object, offset: u64) -> Option<String> {
    let types = objects.heap().runtime().types().ok()?;
    member(types, objects.types().get(object.ty)?.address, offset, objects)
}

fn member(
    types: &Types<'_>,
    table: VirtAddr,
    offset: u64,
    objects: &HeapObjects<'_>,
) -> Option<String> {
    let ty = types.get(table)?;
    let pointer = objects.heap().space().target().pointer_bytes();
    let Some(array) = ty.array() else {
        return field(types, table, offset.checked_sub(pointer)?, 0);
    };
    // The base size counts the header in front of the object.
    let data = u64::from(ty.base_size()).checked_sub(pointer)?;
    let bytes = u64::from(ty.component_size());
    let behind = offset.checked_sub(data)?;
    let index = behind.checked_div(bytes)?;
    let inner = field(types, array.element, behind % bytes, 0).filter(|_| pointer < bytes);
    Some(match inner {
        Some(inner) => format!("[{index}].{inner}"),
        None => format!("[{index}]"),
    })
}

/// The field of a type at an offset behind the method table pointer; of fields that are structs, the
/// field within.
fn field(types: &Types<'_>, table: VirtAddr, offset: u64, depth: usize) -> Option<String> {
    let ty = types.get(table)?;
    let mut fields = ty.fields().iter().filter(|field| field.kind() == FieldKind::Instance);
    let (field_, start) = fields.find_map(|field| {
        let start = u64::from(field.offset()?);
        let end = start.checked_add(field.size()?)?;
        (start..end).contains(&offset).then_some((field, start))
    })?;
    let name = field_.display_name().to_owned();
    if field_.element_type().is_reference() || depth >= limits::MAX_DEPTH {
        return Some(name);
    }
    let inner =
        field_.type_table().and_then(|table| field(types, table, offset - start, depth + 1));
    Some(inner.map_or(name.clone(), |inner| format!("{name}.{inner}")))
}
