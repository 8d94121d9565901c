//! Exported names.

use std::borrow::Cow;
use std::cmp::Ordering;

use clrscope_memory::Rva;

use super::headers::{DataDirectory, Directory};
use super::image::PeImage;
use super::raw;

/// Names that an image may export; an ordinal, which each has, has 16 bits.
const MAX_NAMES: u32 = 1 << 17;
/// Bytes of an exported name.
const MAX_EXPORT_NAME: usize = 4096;

/// The exported names of an image. Nothing is read before it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Exports<'a, 'data> {
    image: &'a PeImage<'data>,
    directory: DataDirectory,
    raw: raw::ExportDirectory,
}

/// What an exported name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportTarget<'data> {
    /// A place in the image.
    Rva(Rva),
    /// A name that another image exports, as `IMAGE.name`.
    Forwarder(Cow<'data, [u8]>),
}

/// An exported name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export<'data> {
    /// The name.
    pub name: Cow<'data, [u8]>,
    /// Its number.
    pub ordinal: u32,
    /// What it stands for.
    pub target: ExportTarget<'data>,
}

impl<'data> PeImage<'data> {
    /// The exported names; `None` if the image exports nothing or the table is absent.
    pub fn exports(&self) -> Option<Exports<'_, 'data>> {
        let directory = self.directory(Directory::Export)?;
        Some(Exports { image: self, directory, raw: self.read(directory.rva)? })
    }

    /// Where an exported name is; `None` if there is no such name, or it stands for another image's.
    pub fn export(&self, name: &str) -> Option<Rva> {
        match self.exports()?.find(name)? {
            ExportTarget::Rva(rva) => Some(rva),
            ExportTarget::Forwarder(_) => None,
        }
    }
}

impl<'data> Exports<'_, 'data> {
    /// Where the name is that the image had when it was linked.
    pub(crate) fn name_rva(&self) -> Rva {
        Rva(self.raw.name.get())
    }

    /// The name that the image had when it was linked.
    pub fn image_name(&self) -> Option<Cow<'data, [u8]>> {
        self.image.read_c_string(self.name_rva(), MAX_EXPORT_NAME)
    }

    /// How many names there are; no more than the image could hold.
    pub fn len(&self) -> u32 {
        // A name takes four bytes in the table of names, two in that of ordinals, and two of text.
        let room = self.image.headers().size_of_image / 8;
        self.raw.number_of_names.get().min(room).min(MAX_NAMES)
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The names in the table's order, which is alphabetical, as far as they are there.
    pub fn iter(&self) -> impl Iterator<Item = Export<'data>> + '_ {
        (0..self.len()).filter_map(|index| {
            Some(Export {
                name: self.name(index)?,
                ordinal: self.ordinal(index)?.checked_add(self.raw.base.get())?,
                target: self.target(index)?,
            })
        })
    }

    /// What `name` stands for.
    pub fn find(&self, name: &str) -> Option<ExportTarget<'data>> {
        self.target(self.search(name.as_bytes())?)
    }

    /// Binary search, and a linear one if a name on the way is absent.
    fn search(&self, name: &[u8]) -> Option<u32> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name(middle).map(|found| found.as_ref().cmp(name)) {
                Some(Ordering::Less) => low = middle + 1,
                Some(Ordering::Greater) => high = middle,
                Some(Ordering::Equal) => return Some(middle),
                None => return self.search_each(name),
            }
        }
        None
    }

    fn search_each(&self, name: &[u8]) -> Option<u32> {
        (0..self.len()).find(|&index| self.name(index).is_some_and(|found| found == name))
    }

    fn name(&self, index: u32) -> Option<Cow<'data, [u8]>> {
        let entry = element(self.raw.address_of_names.get(), index, 4)?;
        self.image.read_c_string(Rva(self.image.read_u32(entry)?), MAX_EXPORT_NAME)
    }

    fn ordinal(&self, index: u32) -> Option<u32> {
        let entry = element(self.raw.address_of_name_ordinals.get(), index, 2)?;
        self.image.read_u16(entry).map(u32::from)
    }

    fn target(&self, index: u32) -> Option<ExportTarget<'data>> {
        let ordinal = self.ordinal(index)?;
        if ordinal >= self.raw.number_of_functions.get() {
            return None;
        }
        let rva = element(self.raw.address_of_functions.get(), ordinal, 4)?;
        let rva = Rva(self.image.read_u32(rva)?);
        Some(if self.directory.contains(rva) {
            ExportTarget::Forwarder(self.image.read_c_string(rva, MAX_EXPORT_NAME)?)
        } else {
            ExportTarget::Rva(rva)
        })
    }
}

fn element(start: u32, index: u32, size: u32) -> Option<Rva> {
    Some(Rva(start.checked_add(index.checked_mul(size)?)?))
}
