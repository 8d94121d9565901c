//! Objects that are locked by their header alone, without a sync block.

use clrscope_clr::{HeapObjects, Object, Runtime};
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

/// Bits of an object's header, the four bytes before it: dotnet/runtime, src/coreclr/vm/syncblk.h.
const SPIN_LOCK: u32 = 0x1000_0000;
/// The low bits are a hash code or the index of a sync block.
const HASH_OR_INDEX: u32 = 0x0800_0000;

/// Where the header keeps the thread and the recursion.
#[derive(Debug, Clone, Copy)]
struct Bits {
    thread: u32,
    recursion_shift: u32,
}

impl Bits {
    /// Six bits of recursion everywhere; ten bits of thread up to .NET 7, sixteen from .NET 8 on.
    fn of(runtime: &Runtime<'_>) -> Bits {
        if runtime.version().major >= 8 {
            Bits { thread: 0xffff, recursion_shift: 16 }
        } else {
            Bits { thread: 0x3ff, recursion_shift: 10 }
        }
    }

    /// The owner and the recursion, if a header holds a lock.
    fn decode(self, header: u32) -> Option<(u32, u32)> {
        let thread = header & self.thread;
        let is_lock = header & (SPIN_LOCK | HASH_OR_INDEX) == 0 && thread != 0;
        is_lock.then_some((thread, (header >> self.recursion_shift) & 0x3f))
    }
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
    let bits = Bits::of(objects.heap().runtime());
    // What is free has no header: the bytes before it belong to nobody.
    let is_free: Vec<bool> = objects.types().iter().map(|(_, info)| info.is_free).collect();
    let start = |stretch: clrscope_clr::Stretch| {
        (stretch.segment, objects.heap().space().cursor(), Vec::new())
    };
    let parts = objects.fold(control, start, |(segment, memory, found), object, _| {
        if let Some(header) = memory.read_u32(object.address.wrapping_sub(4))
            && let Some((managed_thread, recursion)) = bits.decode(header)
            && !is_free.get(object.ty.index()).copied().unwrap_or(false)
            && selector.accepts(*segment, object)
        {
            found.push(ThinLock { object: *object, managed_thread, recursion });
        }
    })?;
    Ok(parts.into_iter().flat_map(|(_, _, found)| found).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_locks_only_with_an_owner_and_nothing_else_in_them() {
        let old = Bits { thread: 0x3ff, recursion_shift: 10 };
        let new = Bits { thread: 0xffff, recursion_shift: 16 };
        assert_eq!(old.decode(0), None);
        assert_eq!(old.decode(0x0000_0402), Some((2, 1)));
        assert_eq!(new.decode(0x0003_0402), Some((0x402, 3)));
        // A sync block's index, and a hash code.
        assert_eq!(new.decode(0x0800_0005), None);
        assert_eq!(new.decode(0x0c12_3456), None);
    }
}
