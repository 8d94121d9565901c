//! Managed objects that keep a handle of the operating system in a field.

use clrscope_clr::{ElementType, Field, HeapObjects, Object, Stretch, Type, TypeCategory, Types};
use clrscope_memory::{Control, Interrupted, Target, limits};

use crate::OsHandles;
use crate::thread_handles::thread_handles;

/// An object that keeps a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandleObject {
    /// The number of the handle.
    pub(crate) value: u64,
    /// The object.
    pub(crate) object: Object,
}

/// Where instances of a type keep a handle: offsets behind the method table pointer.
#[derive(Debug, Clone)]
struct HandleFields {
    handles: Vec<u32>,
    /// Of a `SafeHandle`, where its state is.
    state: Option<u32>,
    owns: Option<u32>,
}

/// Bit of `SafeHandle._state` that is set once the handle is closed. The number stays in the object, and
/// may belong to another handle by now (dotnet/runtime, src/libraries/System.Private.CoreLib/src/System/
/// Runtime/InteropServices/SafeHandle.cs; the same in .NET Framework's reference source).
const CLOSED: u32 = 1;

/// The base type of all that own a handle.
const SAFE_HANDLE: &str = "System.Runtime.InteropServices.SafeHandle";

/// How sure it is that a handle belongs to an object because the runtime keeps it for that thread.
const OF_THREAD: u8 = 3;

/// Finds for each handle the object that keeps it, in order of the handles' numbers. Of several objects
/// a `SafeHandle` that owns it comes first, then any `SafeHandle`, then the lowest address; then the thread
/// that the runtime keeps it for.
pub(crate) fn handle_objects(
    handles: &OsHandles,
    objects: &HeapObjects<'_>,
    types: &Types<'_>,
    control: &Control<'_>,
) -> Result<Vec<HandleObject>, Interrupted> {
    let fields: Vec<Option<HandleFields>> = objects
        .types()
        .iter()
        .map(|(_, info)| HandleFields::of(types.get(info.address)?))
        .collect();
    let target = objects.heap().space().target();
    let visit = |found: &mut Vec<(u64, u8, Object)>, object: &Object, bytes: &[u8]| {
        let Some(Some(fields)) = fields.get(object.ty.index()) else { return };
        let Some(rank) = fields.rank(bytes, target) else { return };
        for &offset in &fields.handles {
            let value = read(bytes, offset, target.pointer_bytes(), target);
            if let Some(value) = value.filter(|&value| handles.type_of(value).is_some()) {
                found.push((value, rank, *object));
            }
        }
    };
    let found = objects.fold(control, |_: Stretch| Vec::new(), visit)?;
    let mut found: Vec<_> = found.into_iter().flatten().collect();
    for (value, thread) in thread_handles(handles, objects.heap().runtime()) {
        found.extend(objects.object_at(thread).map(|object| (value, OF_THREAD, object)));
    }
    found.sort_by_key(|&(value, rank, object)| (value, rank, object.address));
    found.dedup_by_key(|&mut (value, ..)| value);
    Ok(found.into_iter().map(|(value, _, object)| HandleObject { value, object }).collect())
}

impl HandleFields {
    fn of(ty: Type<'_, '_>) -> Option<HandleFields> {
        if ty.category() != TypeCategory::Class {
            return None;
        }
        if derives_from(&ty, SAFE_HANDLE) {
            return Some(HandleFields {
                handles: vec![ty.field("handle")?.offset()?],
                state: ty.field("_state").and_then(Field::offset),
                owns: ty.field("_ownsHandle").and_then(Field::offset),
            });
        }
        let is_handle = |field: &&Field| {
            matches!(field.element_type(), ElementType::NativeInt | ElementType::NativeUInt)
                && field.name().to_ascii_lowercase().contains("handle")
        };
        let handles: Vec<u32> =
            ty.fields().iter().filter(is_handle).filter_map(Field::offset).collect();
        (!handles.is_empty()).then_some(HandleFields { handles, state: None, owns: None })
    }

    /// How sure it is that an object owns its handle, the surest first; `None`, if it is closed.
    fn rank(&self, bytes: &[u8], target: Target) -> Option<u8> {
        let Some(state) = self.state else { return Some(2) };
        let closed = read(bytes, state, 4, target)? & u64::from(CLOSED) != 0;
        let owns = self.owns.is_none_or(|owns| read(bytes, owns, 1, target) != Some(0));
        (!closed).then_some(u8::from(!owns))
    }
}

/// Whether a type is called `name` or derives from one that is.
pub(crate) fn derives_from(ty: &Type<'_, '_>, name: &str) -> bool {
    std::iter::successors(Some(ty.clone()), Type::base)
        .take(limits::MAX_DEPTH)
        .any(|ty| ty.name() == name)
}

/// The number of `width` bytes in a field.
fn read(bytes: &[u8], offset: u32, width: u64, target: Target) -> Option<u64> {
    let start = usize::try_from(u64::from(offset) + target.pointer_bytes()).ok()?;
    let bytes = bytes.get(start..start.checked_add(usize::try_from(width).ok()?)?)?;
    Some(bytes.iter().rev().fold(0, |value, &byte| (value << 8) | u64::from(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `SafeHandle` of a 64-bit process as it lies in memory: method table, handle, state, owns.
    fn safe_handle(state: u32, owns: u8) -> Vec<u8> {
        let mut bytes = vec![0xaa; 8];
        bytes.extend(0x1f4_u64.to_le_bytes());
        bytes.extend(state.to_le_bytes());
        bytes.extend([owns, 1, 0, 0]);
        bytes
    }

    #[test]
    fn closed_handles_are_not_kept_and_owned_ones_come_first() {
        let fields = HandleFields { handles: vec![0], state: Some(8), owns: Some(12) };
        let rank = |bytes: &[u8]| fields.rank(bytes, Target::X64_WINDOWS);
        // One reference, in units of 4 above the two flags.
        assert_eq!(rank(&safe_handle(4, 1)), Some(0));
        assert_eq!(rank(&safe_handle(4, 0)), Some(1));
        // Disposed while somebody still uses it.
        assert_eq!(rank(&safe_handle(4 | 2, 1)), Some(0));
        assert_eq!(rank(&safe_handle(CLOSED | 2, 1)), None);
        // The file ends within the object.
        assert_eq!(rank(&safe_handle(4, 1)[..18]), None);
        assert_eq!(read(&safe_handle(4, 1), 0, 8, Target::X64_WINDOWS), Some(0x1f4));
    }
}
