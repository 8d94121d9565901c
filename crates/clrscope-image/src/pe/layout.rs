//! The image in a piece of memory. Whether it is loaded or flat, its tables say: whichever way they are
//! found.

use clrscope_memory::{AddressSpace, VirtAddr};

use super::backing::Backing;
use super::headers::{Directory, Headers, PeError};
use super::image::{ImageLayout, PeImage};
use super::raw::ResourceDirectory;

impl<'data> PeImage<'data> {
    /// The image at `base` in the memory of a captured process. Whether it is loaded or flat is
    /// decided by where its tables are found; it is taken for loaded if they tell nothing.
    ///
    /// # Errors
    /// If its headers are absent or are not those of a PE image.
    pub fn from_memory(
        space: &AddressSpace<'data>,
        base: VirtAddr,
    ) -> Result<PeImage<'data>, PeError> {
        let backing = Backing::Memory { space: space.clone(), base };
        let headers = Headers::parse(&backing)?;
        let loaded = PeImage { backing, layout: ImageLayout::Loaded, headers };
        let flat = PeImage { layout: ImageLayout::Flat, ..loaded.clone() };
        let is_flat = evidence(&flat) > evidence(&loaded);
        Ok(if is_flat { flat } else { loaded })
    }
}

/// How many of the image's tables look right as it is arranged. An image of which no table is in the
/// capture gives no evidence either way.
fn evidence(image: &PeImage<'_>) -> u32 {
    u32::from(has_metadata(image)) * 4
        + u32::from(has_debug_directory(image)) * 2
        + u32::from(has_exports(image)) * 2
        + u32::from(has_resources(image))
}

fn has_metadata(image: &PeImage<'_>) -> bool {
    image.cor20().is_some_and(|header| image.read(header.metadata.rva) == Some(*b"BSJB"))
}

/// The first entry's version and kind are small numbers, and its data lies in the image.
fn has_debug_directory(image: &PeImage<'_>) -> bool {
    image.debug_entries().next().is_some_and(|entry| {
        (1..=0x20).contains(&entry.kind.0)
            && (entry.rva.is_null() || entry.rva.0 < image.headers().size_of_image)
            && entry.size < image.headers().size_of_image
            && entry.size > 0
    })
}

/// The directory names the image, by a string within the directory.
fn has_exports(image: &PeImage<'_>) -> bool {
    let Some(directory) = image.directory(Directory::Export) else { return false };
    image.exports().is_some_and(|exports| directory.contains(exports.name_rva()))
}

/// A root directory has no flags, and no more than a few entries, most of them numbered.
fn has_resources(image: &PeImage<'_>) -> bool {
    let Some(directory) = image.directory(Directory::Resource) else { return false };
    let Some(root) = image.read::<ResourceDirectory>(directory.rva) else {
        return false;
    };
    root.characteristics.get() == 0
        && (1..64).contains(&root.number_of_id_entries.get())
        && root.number_of_named_entries.get() < 64
}
