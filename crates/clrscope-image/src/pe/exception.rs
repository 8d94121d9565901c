//! The exception directory: which function a place in the code belongs to.

use std::borrow::Cow;

use clrscope_memory::{Arch, Rva};

use super::headers::{DataDirectory, Directory};
use super::image::PeImage;

/// An entry of a table of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeFunction {
    /// Its first byte.
    pub begin: Rva,
    /// Behind its last byte. arm64's entries do not say: its unwind data does.
    pub end: Option<Rva>,
    /// x64: where its unwind data is. arm64: the same, or packed unwind data if the low two bits are
    /// not zero.
    pub unwind: u32,
}

/// A sorted table of functions: an image's exception directory, or ReadyToRun's.
#[derive(Debug, Clone)]
pub struct RuntimeFunctions<'data> {
    bytes: Cow<'data, [u8]>,
    entry_size: usize,
}

impl<'data> RuntimeFunctions<'data> {
    /// The table at `directory` of `image`; `None` if the architecture has no such tables, or it is
    /// absent. An x86 ReadyToRun table has the same two numbers as arm64's.
    pub(crate) fn read(
        image: &PeImage<'data>,
        directory: DataDirectory,
    ) -> Option<RuntimeFunctions<'data>> {
        let entry_size = match image.headers().machine.arch() {
            Arch::X64 => 12,
            Arch::X86 | Arch::Arm | Arch::Arm64 => 8,
            Arch::Other(_) => return None,
        };
        Some(RuntimeFunctions { bytes: image.directory_bytes(directory)?, entry_size })
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.entry_size
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An entry by its index.
    pub fn get(&self, index: usize) -> Option<RuntimeFunction> {
        let start = index.checked_mul(self.entry_size)?;
        let entry = self.bytes.get(start..start.checked_add(self.entry_size)?)?;
        let number = |index: usize| {
            let bytes = entry.get(index * 4..index * 4 + 4)?;
            Some(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        };
        Some(match self.entry_size {
            12 => RuntimeFunction {
                begin: Rva(number(0)?),
                end: Some(Rva(number(1)?)),
                unwind: number(2)?,
            },
            _ => RuntimeFunction { begin: Rva(number(0)?), end: None, unwind: number(1)? },
        })
    }

    /// All entries.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = RuntimeFunction> + '_ {
        let empty = RuntimeFunction { begin: Rva::NULL, end: None, unwind: 0 };
        (0..self.len()).map(move |index| self.get(index).unwrap_or(empty))
    }

    /// Index of the last entry that begins at `rva` or before it and, if it says where it ends, ends
    /// behind it.
    pub fn find(&self, rva: Rva) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.get(middle)?.begin <= rva {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let index = low.checked_sub(1)?;
        self.get(index)?.end.is_none_or(|end| rva < end).then_some(index)
    }
}

impl<'data> PeImage<'data> {
    /// The exception directory; `None` if there is none, or it is absent.
    pub fn runtime_functions(&self) -> Option<RuntimeFunctions<'data>> {
        RuntimeFunctions::read(self, self.directory(Directory::Exception)?)
    }
}
