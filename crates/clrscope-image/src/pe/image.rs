//! An image, wherever its bytes are.

use std::borrow::Cow;

use clrscope_memory::{Rva, VirtAddr};
use zerocopy::FromBytes;

use super::backing::Backing;
use super::headers::{DataDirectory, Directory, Headers, PeError};

/// How the bytes of an image are arranged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImageLayout {
    /// As the system's loader arranges them: each section at its RVA.
    Loaded,
    /// As in the file: each section at its place in the file. A runtime keeps images that it was given
    /// as bytes (`Assembly.Load(byte[])`, `LoadFromStream`) in memory like this.
    Flat,
}

/// A PE image over borrowed bytes. Everything is addressed by RVA, however the bytes are arranged.
///
/// Nothing but the headers is read when it is made; bytes that are absent are `None`, never zero.
/// Cloning is cheap but for the list of sections.
#[derive(Debug, Clone)]
pub struct PeImage<'data> {
    pub(super) backing: Backing<'data>,
    pub(super) layout: ImageLayout,
    pub(super) headers: Headers,
}

impl<'data> PeImage<'data> {
    /// The image that is the contents of a file.
    ///
    /// # Errors
    /// If its headers are cut off or are not those of a PE image.
    pub fn from_file(bytes: &'data [u8]) -> Result<PeImage<'data>, PeError> {
        let backing = Backing::File(bytes);
        let headers = Headers::parse(&backing)?;
        Ok(PeImage { backing, layout: ImageLayout::Flat, headers })
    }

    /// How its bytes are arranged.
    pub fn layout(&self) -> ImageLayout {
        self.layout
    }

    /// What its headers say.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Where a table is; `None` if the image has none.
    pub fn directory(&self, directory: Directory) -> Option<DataDirectory> {
        self.headers.directory(directory)
    }

    /// The address of its first byte, if it lies in memory.
    pub fn base(&self) -> Option<VirtAddr> {
        match self.backing {
            Backing::Memory { base, .. } => Some(base),
            Backing::File(_) => None,
        }
    }

    /// The address of the byte at `rva`, if the image lies in memory and has such a byte. It need not
    /// be in the capture.
    pub fn address(&self, rva: Rva) -> Option<VirtAddr> {
        let (offset, _) = self.place(rva)?;
        self.base()?.checked_add(offset)
    }

    /// The RVA of the byte at `address`, if the image lies in memory and the byte is one of it.
    pub fn rva(&self, address: VirtAddr) -> Option<Rva> {
        let offset = u32::try_from(address.offset_from(self.base()?)?).ok()?;
        match self.layout {
            ImageLayout::Loaded => (offset < self.headers.size_of_image).then_some(Rva(offset)),
            ImageLayout::Flat if offset < self.headers.size_of_headers => Some(Rva(offset)),
            ImageLayout::Flat => self.headers.sections.iter().find_map(|section| {
                let inside = offset.checked_sub(section.file_offset)?;
                (inside < section.file_size).then(|| section.rva.checked_add(inside))?
            }),
        }
    }

    /// Offset of the byte at `rva` from the image's first byte as it is arranged, and how many bytes
    /// of the image follow there.
    fn place(&self, rva: Rva) -> Option<(u64, u32)> {
        match self.layout {
            ImageLayout::Loaded => {
                let left = self.headers.size_of_image.checked_sub(rva.0)?;
                (left > 0).then_some((rva.0.into(), left))
            }
            ImageLayout::Flat => {
                self.headers.file_place(rva).map(|(offset, left)| (offset.into(), left))
            }
        }
    }

    /// All bytes from `rva` on that lie together; empty if the first is absent.
    pub fn contiguous(&self, rva: Rva) -> &'data [u8] {
        let Some((offset, left)) = self.place(rva) else { return &[] };
        let bytes = self.backing.contiguous(offset);
        bytes.get(..left as usize).unwrap_or(bytes)
    }

    /// `length` bytes at `rva`, borrowed, if they lie together.
    pub fn slice(&self, rva: Rva, length: usize) -> Option<&'data [u8]> {
        self.contiguous(rva).get(..length)
    }

    /// `length` bytes at `rva`, copied only if they do not lie together. `None` if any is absent.
    pub fn bytes(&self, rva: Rva, length: usize) -> Option<Cow<'data, [u8]>> {
        let (offset, left) = self.place(rva)?;
        if length > left as usize {
            return None;
        }
        self.backing.bytes(offset, length)
    }

    /// The bytes of a table, copied only if they do not lie together.
    pub fn directory_bytes(&self, directory: DataDirectory) -> Option<Cow<'data, [u8]>> {
        self.bytes(directory.rva, directory.size as usize)
    }

    /// The 16-bit number at `rva`.
    pub fn read_u16(&self, rva: Rva) -> Option<u16> {
        self.read::<[u8; 2]>(rva).map(u16::from_le_bytes)
    }

    /// The 32-bit number at `rva`.
    pub fn read_u32(&self, rva: Rva) -> Option<u32> {
        self.read::<[u8; 4]>(rva).map(u32::from_le_bytes)
    }

    /// The 64-bit number at `rva`.
    pub fn read_u64(&self, rva: Rva) -> Option<u64> {
        self.read::<[u8; 8]>(rva).map(u64::from_le_bytes)
    }

    /// The zero-terminated 8-bit string at `rva`, without its zero, at most `limit` bytes.
    pub fn read_c_string(&self, rva: Rva, limit: usize) -> Option<Cow<'data, [u8]>> {
        let bytes = self.contiguous(rva);
        let bytes = &bytes[..bytes.len().min(limit)];
        if let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            return Some(Cow::Borrowed(&bytes[..end]));
        }
        if bytes.is_empty() {
            return None;
        }
        let mut copy = bytes.to_vec();
        while copy.len() < limit {
            match self.read::<u8>(rva.checked_add(copy.len() as u32)?) {
                None | Some(0) => break,
                Some(byte) => copy.push(byte),
            }
        }
        Some(Cow::Owned(copy))
    }

    /// A structure at `rva`.
    pub(crate) fn read<T: FromBytes>(&self, rva: Rva) -> Option<T> {
        T::read_from_bytes(&self.bytes(rva, size_of::<T>())?).ok()
    }

    /// Bytes at an offset of the file, for what is not loaded; `None` if the image is not flat.
    pub(crate) fn file_bytes(&self, offset: u32, length: usize) -> Option<Cow<'data, [u8]>> {
        match self.layout {
            ImageLayout::Flat => self.backing.bytes(offset.into(), length),
            ImageLayout::Loaded => None,
        }
    }
}
