//! The heaps: strings, user strings, blobs, GUIDs. Indexes are offsets into them, in bytes, but for
//! GUIDs, which are numbered from 1.

use std::borrow::Cow;

use clrscope_memory::limits;

use crate::Guid;

/// Offset of a string in `#Strings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct StringIndex(pub u32);

/// Offset of a blob in `#Blob`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct BlobIndex(pub u32);

/// Number, from 1, of a GUID in `#GUID`; 0 is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct GuidIndex(pub u32);

/// The heaps of one metadata, each empty if it is absent.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Heaps<'data> {
    pub(crate) strings: &'data [u8],
    pub(crate) user_strings: &'data [u8],
    pub(crate) blobs: &'data [u8],
    pub(crate) guids: &'data [u8],
}

impl<'data> Heaps<'data> {
    pub(crate) fn string(&self, index: StringIndex) -> Option<&'data [u8]> {
        let bytes = self.strings.get(index.0 as usize..)?;
        // Without its end, a string could be all of the heap for each of any number of rows.
        let bytes = &bytes[..bytes.len().min(limits::MAX_NAME)];
        bytes.get(..memchr::memchr(0, bytes)?)
    }

    pub(crate) fn blob(&self, index: BlobIndex) -> Option<&'data [u8]> {
        counted(self.blobs, index.0)
    }

    pub(crate) fn guid(&self, index: GuidIndex) -> Option<Guid> {
        let start = (index.0.checked_sub(1)? as usize).checked_mul(16)?;
        Some(Guid(*self.guids.get(start..)?.first_chunk()?))
    }

    /// A user string without the byte behind it that says whether it has unusual characters.
    pub(crate) fn user_string(&self, offset: u32) -> Option<String> {
        let bytes = counted(self.user_strings, offset)?;
        let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
        Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
    }
}

/// The bytes at `offset` of a heap whose entries begin with their length.
fn counted(heap: &[u8], offset: u32) -> Option<&[u8]> {
    let mut rest = heap.get(offset as usize..)?;
    let length = read_compressed(&mut rest)?;
    rest.get(..length as usize)
}

/// Takes a compressed unsigned number from the front of `bytes`: one, two or four bytes, the high bits
/// of the first say how many. Source: ECMA-335 II.23.2.
pub(crate) fn read_compressed(bytes: &mut &[u8]) -> Option<u32> {
    let (&first, rest) = bytes.split_first()?;
    let (value, rest) = match first {
        0..=0x7f => (u32::from(first), rest),
        0x80..=0xbf => {
            let (&second, rest) = rest.split_first()?;
            (u32::from(first & 0x3f) << 8 | u32::from(second), rest)
        }
        0xc0..=0xdf => {
            let (three, rest) = rest.split_first_chunk::<3>()?;
            let [a, b, c] = *three;
            (u32::from_be_bytes([first & 0x1f, a, b, c]), rest)
        }
        0xe0..=0xff => return None,
    };
    *bytes = rest;
    Some(value)
}

/// Text of a heap: bytes that are not UTF-8 become replacement characters.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compressed_as_in_the_standard() {
        // ECMA-335 II.23.2's own examples.
        let read = |mut bytes: &[u8]| read_compressed(&mut bytes).map(|value| (value, bytes.len()));
        assert_eq!(read(&[0x03]), Some((0x03, 0)));
        assert_eq!(read(&[0x7f, 9]), Some((0x7f, 1)));
        assert_eq!(read(&[0x80, 0x80]), Some((0x80, 0)));
        assert_eq!(read(&[0xae, 0x57]), Some((0x2e57, 0)));
        assert_eq!(read(&[0xbf, 0xff]), Some((0x3fff, 0)));
        assert_eq!(read(&[0xc0, 0x00, 0x40, 0x00]), Some((0x4000, 0)));
        assert_eq!(read(&[0xdf, 0xff, 0xff, 0xff]), Some((0x1fff_ffff, 0)));
        assert_eq!(read(&[0xc0, 0x00, 0x40]), None);
        assert_eq!(read(&[0xff]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn heaps_are_read_at_offsets() {
        let heaps = Heaps {
            strings: b"\0Zoo\0open",
            user_strings: &[0, 5, b'h', 0, b'i', 0, 0],
            blobs: &[0, 2, 0x06, 0x08, 9],
            guids: &[7; 16],
        };
        assert_eq!(heaps.string(StringIndex(1)), Some(&b"Zoo"[..]));
        assert_eq!(heaps.string(StringIndex(2)), Some(&b"oo"[..]));
        // No zero ends it.
        assert_eq!(heaps.string(StringIndex(5)), None);
        assert_eq!(heaps.string(StringIndex(99)), None);
        assert_eq!(heaps.blob(BlobIndex(1)), Some(&[0x06, 0x08][..]));
        // Longer than the heap.
        assert_eq!(heaps.blob(BlobIndex(4)), None);
        assert_eq!(heaps.guid(GuidIndex(1)), Some(Guid([7; 16])));
        assert_eq!(heaps.guid(GuidIndex(0)), None);
        assert_eq!(heaps.guid(GuidIndex(2)), None);
        assert_eq!(heaps.user_string(1).as_deref(), Some("hi"));
    }
}
