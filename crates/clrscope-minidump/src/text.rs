use std::fmt;

/// UTF-16 text borrowed from the file. It prints with replacement characters for unpaired surrogates,
/// and not escaped: text in a dump is hostile.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct WideStr<'data> {
    bytes: &'data [u8],
}

impl<'data> WideStr<'data> {
    /// Text over little-endian 16-bit units; an odd byte at the end is left out.
    pub(crate) fn new(bytes: &'data [u8]) -> WideStr<'data> {
        WideStr { bytes: &bytes[..bytes.len() & !1] }
    }

    /// Text that ends at the first zero, as fixed-size fields hold it.
    pub(crate) fn until_zero(bytes: &'data [u8]) -> WideStr<'data> {
        let end = bytes.chunks_exact(2).position(|unit| unit == [0, 0]);
        WideStr::new(&bytes[..end.map_or(bytes.len(), |end| end * 2)])
    }

    /// The bytes, two for each unit.
    pub fn as_bytes(&self) -> &'data [u8] {
        self.bytes
    }

    /// The 16-bit units.
    pub fn units(&self) -> impl Iterator<Item = u16> + use<'data> {
        self.bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
    }

    /// Whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl fmt::Display for WideStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use std::fmt::Write;
        char::decode_utf16(self.units())
            .try_for_each(|unit| f.write_char(unit.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl fmt::Debug for WideStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpaired_surrogates_and_odd_bytes_do_no_harm() {
        // 'a', a lone high surrogate, 'b', half a unit.
        let text = WideStr::new(&[0x61, 0, 0x00, 0xd8, 0x62, 0, 0x63]);
        assert_eq!(text.to_string(), "a\u{fffd}b");
    }

    #[test]
    fn fixed_fields_end_at_their_zero() {
        assert_eq!(WideStr::until_zero(&[0x61, 0, 0, 0, 0x62, 0]).to_string(), "a");
        assert_eq!(WideStr::until_zero(&[0x61, 0, 0x62, 0]).to_string(), "ab");
    }
}
