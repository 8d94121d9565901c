//! Where the bytes of an image lie.

use std::borrow::Cow;

use clrscope_memory::{AddressSpace, VirtAddr};

/// The bytes that an image is read from, by offset from its first byte.
#[derive(Debug, Clone)]
pub(crate) enum Backing<'data> {
    /// The bytes of a file.
    File(&'data [u8]),
    /// Memory of the captured process, from `base` on.
    Memory { space: AddressSpace<'data>, base: VirtAddr },
}

impl<'data> Backing<'data> {
    /// All bytes from `offset` on that lie together.
    pub(crate) fn contiguous(&self, offset: u64) -> &'data [u8] {
        match self {
            Backing::File(bytes) => {
                usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..)).unwrap_or(&[])
            }
            Backing::Memory { space, base } => match base.checked_add(offset) {
                Some(address) => space.contiguous(address),
                None => &[],
            },
        }
    }

    /// `length` bytes at `offset`, copied only if they do not lie together.
    pub(crate) fn bytes(&self, offset: u64, length: usize) -> Option<Cow<'data, [u8]>> {
        match self {
            Backing::File(_) => self.contiguous(offset).get(..length).map(Cow::Borrowed),
            Backing::Memory { space, base } => space.bytes(base.checked_add(offset)?, length),
        }
    }

    /// A structure at `offset`.
    pub(crate) fn read<T: zerocopy::FromBytes>(&self, offset: u64) -> Option<T> {
        T::read_from_bytes(&self.bytes(offset, size_of::<T>())?).ok()
    }
}
