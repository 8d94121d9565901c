//! Where the image and the metadata of a module are.

use std::borrow::Cow;

use clrscope_image::PeImage;
use clrscope_memory::{AddressSpace, VirtAddr, limits};

use super::module::{MetadataOrigin, ModuleImage, ModuleMetadata};
use super::offsets::{ModuleOffsets, follow};

/// The signature that metadata begins with, "BSJB" (ECMA-335 II.24.2.1).
const METADATA_SIGNATURE: u32 = 0x424a_5342;
/// No metadata is larger than an image can be.
const MAX_METADATA: u64 = u32::MAX as u64;

/// What was found of a module's image.
pub(super) struct Located<'data> {
    pub(super) image: Option<ModuleImage>,
    pub(super) path: Option<String>,
    pub(super) metadata: Option<ModuleMetadata<'data>>,
}

/// Finds image, path and metadata of a module.
pub(super) fn locate<'data>(
    space: &AddressSpace<'data>,
    offsets: &ModuleOffsets,
    module: VirtAddr,
    pe_assembly: Option<VirtAddr>,
    dynamic: bool,
) -> Located<'data> {
    let pe_image = pe_assembly.and_then(|file| follow(space, file, offsets.pe_image));
    let path = pe_image
        .and_then(|image| follow(space, image, offsets.image_path))
        .and_then(|path| space.read_wide_string(path, limits::MAX_NAME))
        .filter(|path| !path.is_empty());
    if dynamic {
        let metadata = dynamic_metadata(space, offsets, module);
        return Located { image: None, path, metadata };
    }
    let image_layout = pe_image.and_then(|image| {
        let loaded = follow(space, image, offsets.loaded_layout);
        loaded.or_else(|| follow(space, image, offsets.flat_layout))
    });
    let base = follow(space, module, offsets.base)
        .or_else(|| follow(space, image_layout?, Some(offsets.layout_base)));
    let size = image_layout
        .and_then(|layout| space.read_u32(layout.wrapping_add(offsets.layout_size)))
        .unwrap_or(0);
    let pe = base.and_then(|base| PeImage::from_memory(space, base).ok());
    let image = base.map(|base| {
        let header_size = pe.as_ref().map_or(0, |pe| pe.headers().size_of_image);
        let size = if size != 0 { size } else { header_size };
        ModuleImage { base, size: size.into(), layout: pe.as_ref().map(|pe| pe.layout()) }
    });
    let metadata =
        imported_metadata(space, offsets, pe_assembly).or_else(|| image_metadata(pe.as_ref()?));
    Located { image, path, metadata }
}

/// The metadata of an image, by its own headers.
fn image_metadata<'data>(pe: &PeImage<'data>) -> Option<ModuleMetadata<'data>> {
    let directory = pe.cor20()?.metadata;
    let address = pe.address(directory.rva)?;
    let bytes = pe.metadata_bytes()?;
    Some(ModuleMetadata { address, bytes, origin: MetadataOrigin::Image })
}

/// The metadata that the runtime reads itself: `PEAssembly` → its importer → address and size. It
/// helps where the headers of the image are not in the capture.
fn imported_metadata<'data>(
    space: &AddressSpace<'data>,
    offsets: &ModuleOffsets,
    pe_assembly: Option<VirtAddr>,
) -> Option<ModuleMetadata<'data>> {
    let import = follow(space, pe_assembly?, offsets.metadata_import)?;
    let place = offsets.metadata_in_import?;
    let address = follow(space, import, Some(place))?;
    let size = space.read_u32(import.wrapping_add(place + offsets.pointer))?;
    let bytes = metadata_at(space, address, size.into())?;
    Some(ModuleMetadata { address, bytes, origin: MetadataOrigin::Image })
}

/// The metadata that the runtime saved of a module made by Reflection.Emit, after each of its types
/// was completed. .NET 9 and later: `DynamicMetadata {u32 size; bytes}`. Before: an `SBuffer {u32
/// size, u32 allocation, u32 flags, pointer}` of `ReflectionModule`.
fn dynamic_metadata<'data>(
    space: &AddressSpace<'data>,
    offsets: &ModuleOffsets,
    module: VirtAddr,
) -> Option<ModuleMetadata<'data>> {
    let (address, size) = match offsets.dynamic_metadata {
        Some(offset) => {
            let saved = follow(space, module, Some(offset))?;
            (saved.wrapping_add(4), space.read_u32(saved)?)
        }
        None => {
            let buffer = follow(space, module, offsets.metadata_buffer)?;
            let data = (3 * 4u64).next_multiple_of(offsets.pointer);
            (follow(space, buffer, Some(data))?, space.read_u32(buffer)?)
        }
    };
    let bytes = metadata_at(space, address, size.into())?;
    Some(ModuleMetadata { address, bytes, origin: MetadataOrigin::Dynamic })
}

fn metadata_at<'data>(
    space: &AddressSpace<'data>,
    address: VirtAddr,
    size: u64,
) -> Option<Cow<'data, [u8]>> {
    if size > MAX_METADATA || space.read_u32(address)? != METADATA_SIGNATURE {
        return None;
    }
    space.bytes(address, usize::try_from(size).ok()?)
}
