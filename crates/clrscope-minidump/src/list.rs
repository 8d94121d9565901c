//! Lists of records of one size, borrowed.

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed};

use crate::bytes::{File, Overlay, bad_value, truncated};

/// A view of one record of a list.
pub trait Record<'data>: Sized {
    /// The structure that lies in the file.
    type Raw: Overlay;

    /// The view of `raw`, which lies in `file`.
    fn view(raw: &'data Self::Raw, file: File<'data>) -> Self;
}

/// A list of records, borrowed from the file. Records longer than known are read by their known part.
pub struct List<'data, V> {
    bytes: &'data [u8],
    stride: usize,
    length: usize,
    file: File<'data>,
    view: PhantomData<fn() -> V>,
}

impl<'data, V: Record<'data>> List<'data, V> {
    pub(crate) fn empty(file: File<'data>) -> Self {
        List { bytes: &[], stride: 1, length: 0, file, view: PhantomData }
    }

    /// `count` records of `stride` bytes at the start of `bytes`, which are at `offset` of the file.
    /// What does not fit is an issue and is left out.
    pub(crate) fn new(
        file: File<'data>,
        bytes: &'data [u8],
        offset: u64,
        stride: u64,
        count: u64,
        what: &str,
    ) -> Parsed<Self> {
        let known = size_of::<V::Raw>();
        let mut issues = Issues::new();
        if count == 0 {
            return Parsed::clean(List::empty(file));
        }
        let stride = match usize::try_from(stride) {
            Ok(stride) if stride >= known => stride,
            _ => {
                issues.push(bad_value(
                    offset,
                    format!("{what} has entries of {stride} bytes instead of {known}"),
                ));
                return Parsed { value: List::empty(file), issues };
            }
        };
        // The last record may end where its known part does.
        let fitting = match bytes.len().checked_sub(known) {
            Some(rest) => rest / stride + 1,
            None => 0,
        };
        if (fitting as u64) < count {
            issues.push(truncated(
                offset.saturating_add(bytes.len() as u64),
                format!("{what} says {count} entries and has {fitting}"),
            ));
        }
        let length = usize::try_from(count).unwrap_or(usize::MAX).min(fitting);
        Parsed { value: List { bytes, stride, length, file, view: PhantomData }, issues }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no record.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The record with a number.
    pub fn get(&self, index: usize) -> Option<V> {
        let start = index.checked_mul(self.stride).filter(|_| index < self.length)?;
        let (raw, _) = zerocopy::FromBytes::ref_from_prefix(self.bytes.get(start..)?).ok()?;
        Some(V::view(raw, self.file))
    }

    /// The records in the file's order.
    pub fn iter(&self) -> ListIter<'data, V> {
        ListIter { list: *self, next: 0 }
    }

    /// Keeps at most `limit` records, and says so if there are more.
    pub(crate) fn capped(mut self, limit: usize, issues: &mut Issues, what: &str) -> Self {
        if self.length > limit {
            issues.push(Issue::general(
                IssueKind::LimitReached,
                format!("{what} has {} entries, of which {limit} are read", self.length),
            ));
            self.length = limit;
        }
        self
    }
}

impl<V> Clone for List<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for List<'_, V> {}

impl<'data, V: Record<'data>> fmt::Debug for List<'data, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").field("len", &self.length).field("stride", &self.stride).finish()
    }
}

impl<'data, V: Record<'data>> IntoIterator for List<'data, V> {
    type Item = V;
    type IntoIter = ListIter<'data, V>;

    fn into_iter(self) -> ListIter<'data, V> {
        self.iter()
    }
}

/// Iterates over a [`List`].
pub struct ListIter<'data, V> {
    list: List<'data, V>,
    next: usize,
}

impl<'data, V: Record<'data>> Iterator for ListIter<'data, V> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        let record = self.list.get(self.next)?;
        self.next += 1;
        Some(record)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.list.len() - self.next;
        (left, Some(left))
    }
}

impl<'data, V: Record<'data>> ExactSizeIterator for ListIter<'data, V> {}
impl<'data, V: Record<'data>> FusedIterator for ListIter<'data, V> {}

impl<V> Clone for ListIter<'_, V> {
    fn clone(&self) -> Self {
        ListIter { list: self.list, next: self.next }
    }
}

impl<'data, V: Record<'data>> fmt::Debug for ListIter<'data, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListIter").field("next", &self.next).field("list", &self.list).finish()
    }
}
