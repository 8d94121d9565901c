//! Checked reads from the whole file, by the offsets that streams hold.

use clrscope_memory::{FileOffset, Issue, IssueKind};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::WideStr;
use crate::raw::MINIDUMP_LOCATION_DESCRIPTOR;

/// What the structures of the format can be overlaid with.
pub trait Overlay: FromBytes + Immutable + KnownLayout + Unaligned + 'static {}
impl<T: FromBytes + Immutable + KnownLayout + Unaligned + 'static> Overlay for T {}

/// The bytes of the whole file. Public only because views are made from it; nobody outside can name it.
#[derive(Clone, Copy)]
pub struct File<'data>(pub(crate) &'data [u8]);

impl std::fmt::Debug for File<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({} bytes)", self.0.len())
    }
}

impl<'data> File<'data> {
    /// The bytes from `offset` on; empty if the file ends before.
    pub(crate) fn tail(self, offset: u64) -> &'data [u8] {
        usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..)).unwrap_or(&[])
    }

    /// As many of `length` bytes at `offset` as the file has.
    pub(crate) fn clipped(self, offset: u64, length: u64) -> &'data [u8] {
        let tail = self.tail(offset);
        &tail[..usize::try_from(length).unwrap_or(usize::MAX).min(tail.len())]
    }

    /// The structure at `offset`.
    pub(crate) fn record<T: Overlay>(self, offset: u64, what: &str) -> Result<&'data T, Issue> {
        T::ref_from_prefix(self.tail(offset))
            .map(|(record, _)| record)
            .map_err(|_| truncated(offset, format!("the file ends before or within {what}")))
    }

    /// The bytes of a location.
    pub(crate) fn location(
        self,
        location: &MINIDUMP_LOCATION_DESCRIPTOR,
        what: &str,
    ) -> Result<&'data [u8], Issue> {
        let (offset, length) = (u64::from(location.Rva.get()), u64::from(location.DataSize.get()));
        let bytes = self.clipped(offset, length);
        if (bytes.len() as u64) < length {
            return Err(truncated(offset, format!("the file ends before or within {what}")));
        }
        Ok(bytes)
    }

    /// The `MINIDUMP_STRING` at `offset`: a length in bytes and UTF-16.
    pub(crate) fn string(self, offset: u64, what: &str) -> Result<WideStr<'data>, Issue> {
        let length: &zerocopy::little_endian::U32 = self.record(offset, what)?;
        let length = u64::from(length.get());
        if length > 2 * clrscope_memory::limits::MAX_NAME as u64 {
            return Err(Issue::in_file(
                IssueKind::BadValue,
                FileOffset(offset),
                format!("{what} says that it is {length} bytes long"),
            ));
        }
        let bytes = self.clipped(offset.saturating_add(4), length);
        if (bytes.len() as u64) < length {
            return Err(truncated(offset, format!("the file ends within {what}")));
        }
        Ok(WideStr::new(bytes))
    }
}

/// An issue for data that ends early.
pub(crate) fn truncated(offset: u64, message: impl Into<String>) -> Issue {
    Issue::in_file(IssueKind::Truncated, FileOffset(offset), message)
}

/// An issue for a value that cannot be.
pub(crate) fn bad_value(offset: u64, message: impl Into<String>) -> Issue {
    Issue::in_file(IssueKind::BadValue, FileOffset(offset), message)
}
