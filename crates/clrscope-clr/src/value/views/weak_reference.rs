//! `System.WeakReference` and `System.WeakReference<T>`: `System/WeakReference.cs` of
//! System.Private.CoreLib.

use clrscope_memory::VirtAddr;

use super::{Fact, Facts};
use crate::value::object::ObjectRef;

pub(super) const TYPES: &[&str] = &["System.WeakReference", "System.WeakReference`1"];
/// The handle; from .NET 8 on its two lowest bits say more.
const HANDLE: &[&str] = &["_taggedHandle", "m_handle"];
const TAGS: u64 = 3;

/// A weak reference.
#[derive(Debug, Clone)]
pub struct WeakReferenceView<'a, 'data> {
    /// The weak handle that it owns; `None` after its finalizer has run.
    pub handle: Option<VirtAddr>,
    /// What it refers to; `None` if that is dead.
    pub target: Option<ObjectRef<'a, 'data>>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The weak reference that this object is.
    pub fn as_weak_reference(&self) -> Option<WeakReferenceView<'a, 'data>> {
        if !self.is_one_of(TYPES) {
            return None;
        }
        let handle = VirtAddr(self.field_of(HANDLE)?.word()?.0 & !TAGS);
        let handle = Some(handle).filter(|handle| !handle.is_null());
        let read = |handle| self.types.space().read_pointer(handle);
        let target = handle.and_then(read).and_then(|target| self.types.object(target).ok());
        Some(WeakReferenceView { handle, target })
    }
}

pub(super) fn facts<'a, 'data>(object: &ObjectRef<'a, 'data>, _: usize) -> Facts<'a, 'data> {
    let Some(weak) = object.as_weak_reference() else { return Vec::new() };
    vec![
        Some(("alive", Fact::Flag(weak.target.is_some()))),
        weak.target.map(|target| ("target", Fact::Object(target))),
    ]
}
