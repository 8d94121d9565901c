//! The last resort: a word on the stack that looks like a return address.

use clrscope_memory::{PointerWidth, VirtAddr};

use super::Memory;

/// Searches the words of the stack from `from` up to `end` for the first that `is_return_address`
/// accepts. Gives the address of that word and its value. Words that are absent are passed over, one by
/// one: who does not know that the stack is as large as it is said to be gives the parts that are there.
pub fn scan(
    memory: &impl Memory,
    from: VirtAddr,
    end: VirtAddr,
    width: PointerWidth,
    mut is_return_address: impl FnMut(VirtAddr) -> bool,
) -> Option<(VirtAddr, VirtAddr)> {
    let step = width.bytes();
    let mut at = from.align_up(step);
    while at < end {
        let word = match width {
            PointerWidth::Four => memory.array(at).map(|bytes| u32::from_le_bytes(bytes).into()),
            PointerWidth::Eight => memory.array(at).map(u64::from_le_bytes),
        };
        if let Some(word) = word
            && is_return_address(VirtAddr(word))
        {
            return Some((at, VirtAddr(word)));
        }
        at = at.checked_add(step)?;
    }
    None
}
