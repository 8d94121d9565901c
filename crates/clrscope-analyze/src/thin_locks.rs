//! Objects that are locked by their header alone, without a sync block.

use clrscope_clr::{HeaderFormat, HeapObjects, Object, ObjectHeader};
use clrscope_memory::{Control, Interrupted};

use crate::Selector;

/// An object that is locked, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThinLock {
    /// The object.
    pub object: Object,
    /// The managed number of the thread that owns the lock.
    pub managed_thread: u32,
    /// How often it was taken again.
    pub recursion: u32,
}

/// The locked objects among those that `selector` accepts, in order of address.
///
/// # Errors
/// If `control` stops it.
pub fn thin_locks(
    objects: &HeapObjects<'_>,
    selector: &Selector<'_, '_>,
    control: &Control<'_>,
) -> Result<Vec<ThinLock>, Interrupted> {
    let format = HeaderFormat::of(objects.heap().runtime());
    // What is free has no header: the bytes before it belong to nobody.
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let start = |stretch: clrscope_clr::Stretch| {
        (stretch.segment, objects.heap().space().cursor(), Vec::new())
    };
    let parts = objects.fold(control, start, |(segment, memory, found), object, _| {
        if let Some(header) = memory.read_u32(object.address.wrapping_sub(4))
            && let ObjectHeader::ThinLock { managed_thread, recursion } = format.decode(header)
            && !is_free.get(object.ty.index()).copied().unwrap_or(false)
            && selector.accepts(*segment, object)
        {
            found.push(ThinLock { object: *object, managed_thread, recursion });
        }
    })?;
    Ok(parts.into_iter().flat_map(|(_, _, found)| found).collect())
}
