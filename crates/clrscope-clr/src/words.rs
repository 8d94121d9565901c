//! The words of a record whose layout is not known: what they lead to is recognised by its own shape.

use clrscope_memory::{AddressSpace, VirtAddr};

/// Words of a module's record that are looked through.
pub(crate) const MODULE_WORDS: u64 = 256;

/// Those of the `count` words from `start` on that can be addresses of structures.
pub(crate) fn addresses_in<'a>(
    space: &'a AddressSpace<'_>,
    start: VirtAddr,
    count: u64,
) -> impl Iterator<Item = VirtAddr> + 'a {
    let size = space.target().pointer_bytes();
    (0..count)
        .filter_map(move |index| space.follow(start.wrapping_add(index * size)))
        .filter(move |word| word.is_aligned(size))
}
