//! Strings.

use std::borrow::Cow;
use std::fmt::{self, Write};

use clrscope_memory::VirtAddr;

use crate::types::Types;

/// The text of a string, in UTF-16 as the process had it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StringRef<'data> {
    units: Cow<'data, [u8]>,
    length: usize,
}

impl<'data> StringRef<'data> {
    /// Reads the string at `address`, of which `bytes` are in one piece. Of a string that the capture
    /// does not hold to its end, what there is.
    pub(super) fn read(
        types: &Types<'data>,
        address: VirtAddr,
        bytes: &'data [u8],
    ) -> Option<StringRef<'data>> {
        let (length_at, first_at) = types.string_offsets();
        let length = types.space().read_u32(address.wrapping_add(length_at))?;
        let length = usize::try_from(length).ok()?;
        let wanted = length.checked_mul(2)?;
        let first = usize::try_from(first_at).ok()?;
        if let Some(units) = first.checked_add(wanted).and_then(|end| bytes.get(first..end)) {
            return Some(StringRef { units: Cow::Borrowed(units), length });
        }
        let start = address.wrapping_add(first_at);
        let units = types.space().bytes(start, wanted);
        let units = units.unwrap_or_else(|| {
            let held = types.space().contiguous(start);
            Cow::Borrowed(&held[..held.len().min(wanted) & !1])
        });
        Some(StringRef { units, length })
    }

    /// Number of UTF-16 units.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether the capture holds all of it.
    pub fn is_complete(&self) -> bool {
        self.units.len() == self.length * 2
    }

    /// The units in little-endian byte order.
    pub fn bytes(&self) -> &[u8] {
        &self.units
    }

    /// The units.
    pub fn units(&self) -> impl Iterator<Item = u16> + '_ {
        self.units.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
    }

    /// The characters; unpaired surrogates become replacement characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + '_ {
        char::decode_utf16(self.units()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}

impl fmt::Display for StringRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|character| f.write_char(character))
    }
}

impl PartialEq<str> for StringRef<'_> {
    fn eq(&self, other: &str) -> bool {
        self.is_complete() && self.units().eq(other.encode_utf16())
    }
}

impl PartialEq<&str> for StringRef<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}
