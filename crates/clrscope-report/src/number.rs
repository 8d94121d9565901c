//! Numbers and addresses as people and as programs read them.

use std::fmt;

use clrscope_memory::VirtAddr;
use serde::{Serialize, Serializer};

/// Shows a number with a comma between thousands; width and alignment of the format apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grouped(pub u64);

impl fmt::Display for Grouped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = [0; MAX_GROUPED];
        f.pad(group(self.0, &mut buffer))
    }
}

/// Bytes that the longest number takes: twenty digits and six commas.
const MAX_GROUPED: usize = 26;

fn group(mut value: u64, buffer: &mut [u8; MAX_GROUPED]) -> &str {
    let mut at = MAX_GROUPED;
    let mut digits = 0;
    loop {
        if digits > 0 && digits % 3 == 0 {
            at -= 1;
            buffer[at] = b',';
        }
        at -= 1;
        buffer[at] = b'0' + (value % 10) as u8;
        digits += 1;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    // Digits and commas only.
    std::str::from_utf8(&buffer[at..]).unwrap_or_default()
}

/// An address in machine-readable output: a string of hexadecimal digits behind `0x`, because numbers
/// of JSON lose bits of 64-bit addresses in many readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub u64);

/// Appends a number with a comma between thousands, right-aligned to `width`.
pub(crate) fn push_grouped(out: &mut Vec<u8>, value: u64, width: usize) {
    let mut buffer = [0; MAX_GROUPED];
    let text = group(value, &mut buffer);
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

    #[test]
    fn thousands_are_grouped_at_every_length() {
        for (value, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
            (u64::MAX, "18,446,744,073,709,551,615"),
        ] {
            assert_eq!(Grouped(value).to_string(), text);
        }
        assert_eq!(format!("[{:>8}|{:<6}]", Grouped(1000), Grouped(7)), "[   1,000|7     ]");
    }
}
