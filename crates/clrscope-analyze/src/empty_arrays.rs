//! Large arrays that hold nearly nothing.

use clrscope_clr::{HeapObjects, Object};
use clrscope_memory::{Control, Interrupted};

/// A large array most of whose bytes are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyArray {
    /// The array.
    pub object: Object,
    /// Its bytes that are not zero, counted in blocks of 64: a block with any counts whole.
    pub used: u64,
}

/// Objects from this size on are looked at: that of the large object heap.
const LARGE: u64 = 85_000;
/// Bytes that are looked at as one.
const BLOCK: usize = 64;

/// Finds the objects of at least 85,000 bytes that have elements and of which at most a tenth is not
/// zero, the largest first. What the dump does not hold does not count as empty.
///
/// # Errors
/// If `control` stops it.
pub fn empty_arrays(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<Vec<EmptyArray>, Interrupted> {
    let parts = objects.fold(
        control,
        |_| Vec::new(),
        |found: &mut Vec<EmptyArray>, object, bytes| {
            let info = objects.types().get(object.ty);
            let is_array = info.is_some_and(|info| info.component_size > 0 && !info.is_free);
            let held = bytes.len() as u64 >= object.size;
            if !is_array || object.size < LARGE || !held {
                return;
            }
            let blocks = bytes.chunks(BLOCK).filter(|block| block.iter().any(|&byte| byte != 0));
            let used = blocks.count() as u64 * BLOCK as u64;
            if used <= object.size / 10 {
                found.push(EmptyArray { object: *object, used });
            }
        },
    )?;
    let mut found: Vec<EmptyArray> = parts.into_iter().flatten().collect();
    found.sort_by_key(|array| (std::cmp::Reverse(array.object.size), array.object.address));
    Ok(found)
}
