//! The handles of the garbage collector, each with its objects.

use clrscope_clr::{Handle, HandleKind, HeapObjects, Object};
use clrscope_memory::Issues;

/// A handle that is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandleEntry {
    /// The handle.
    pub handle: Handle,
    /// Its object; `None`, if there is none where it points.
    pub object: Option<Object>,
    /// The second object of a dependent handle.
    pub dependent: Option<Object>,
}

/// All handles that refer to an object, by address; those of one kind only, if `kind` is given. What was
/// wrong is added to `issues`.
pub fn handle_list(
    objects: &HeapObjects<'_>,
    kind: Option<HandleKind>,
    issues: &mut Issues,
) -> Vec<HandleEntry> {
    let mut handles = objects.heap().handles().take(issues);
    handles.retain(|handle| kind.is_none_or(|kind| handle.kind == kind));
    handles.sort_by_key(|handle| handle.address);
    let entry = |handle: Handle| HandleEntry {
        handle,
        object: objects.object_at(handle.object),
        dependent: handle.dependent.and_then(|object| objects.object_at(object)),
    };
    handles.into_iter().map(entry).collect()
}
