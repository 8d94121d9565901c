//! Numbers and addresses as people and as programs read them.

use std::fmt;

use clrscope_analyze::Grouped;
use clrscope_memory::VirtAddr;
use serde::{Serialize, Serializer};

/// An address in machine-readable output: a string of hexadecimal digits behind `0x`, because numbers
/// of JSON lose bits of 64-bit addresses in many readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub u64);

/// Appends a number with a comma between thousands, right-aligned to `width`.
pub(crate) fn push_grouped(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = [0; Grouped::MAX_BYTES];
    let text = Grouped(value).text(&mut buffer);
    out.resize(out.len() + width.saturating_sub(text.len()), b' ');
    out.extend_from_slice(text.as_bytes());
}

/// Appends an address of `width` hexadecimal digits, or more if it needs more.
pub(crate) fn push_hex(out: &mut Vec<u8>, value: u64, width: usize) {
    let needed = (64 - (value | 1).leading_zeros() as usize).div_ceil(4);
    for digit in (0..width.max(needed)).rev() {
        let nibble = if digit < 16 { (value >> (digit * 4)) & 0xf } else { 0 };
        out.push(b"0123456789abcdef"[nibble as usize]);
    }
}

impl From<VirtAddr> for Address {
    fn from(address: VirtAddr) -> Self {
        Address(address.0)
    }
}

impl From<Address> for VirtAddr {
    fn from(address: Address) -> Self {
        VirtAddr(address.0)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_formatted_by_hand_look_like_the_others() {
        for value in [0, 7, 0xffff_ffff, 0x1_0000_0000, 0x7ff8_1234_5678, u64::MAX] {
            for width in [8, 16] {
                let mut out = Vec::new();
                push_hex(&mut out, value, width);
                push_grouped(&mut out, value, 14);
                let expected = format!("{value:0width$x}{:>14}", Grouped(value));
                assert_eq!(String::from_utf8(out).unwrap(), expected);
            }
        }
    }
}
