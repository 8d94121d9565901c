//! The header of managed images.

use std::borrow::Cow;

use clrscope_memory::Rva;

use super::headers::{DataDirectory, Directory};
use super::image::PeImage;
use super::raw;

/// The COR20 header: where a managed image has its metadata, its resources, its compiled code.
///
/// Source: ECMA-335 II.25.3.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cor20 {
    /// Version of the header, mostly 2.5.
    pub version: (u16, u16),
    /// The metadata root.
    pub metadata: DataDirectory,
    /// `COMIMAGE_FLAGS_*`.
    pub flags: u32,
    /// Token of the method or file to start with, or the RVA of native code.
    pub entry_point: u32,
    /// Managed resources.
    pub resources: DataDirectory,
    /// The strong name signature.
    pub strong_name: DataDirectory,
    /// Native method table fix-ups of mixed-mode images.
    pub vtable_fixups: DataDirectory,
    /// The header of code compiled ahead of time: ReadyToRun's, or that of a fragile native image.
    pub managed_native_header: DataDirectory,
}

impl Cor20 {
    /// `COMIMAGE_FLAGS_ILONLY`.
    pub const IL_ONLY: u32 = 1;
    /// `COMIMAGE_FLAGS_32BITREQUIRED`.
    pub const REQUIRES_32_BIT: u32 = 2;
    /// `COMIMAGE_FLAGS_IL_LIBRARY`: the image holds code compiled ahead of time.
    pub const IL_LIBRARY: u32 = 4;
    /// `COMIMAGE_FLAGS_STRONGNAMESIGNED`.
    pub const STRONG_NAME_SIGNED: u32 = 8;
}

impl<'data> PeImage<'data> {
    /// The header of a managed image; `None` if the image has none or it is absent.
    pub fn cor20(&self) -> Option<Cor20> {
        self.cor20_at(self.directory(Directory::ClrRuntime)?.rva)
    }

    /// The header at `rva`: composite images of ReadyToRun have one for each of their assemblies.
    pub(crate) fn cor20_at(&self, rva: Rva) -> Option<Cor20> {
        let raw: raw::Cor20Header = self.read(rva)?;
        if (raw.cb.get() as usize) < size_of::<raw::Cor20Header>() {
            return None;
        }
        Some(Cor20 {
            version: (raw.runtime_version[0].get(), raw.runtime_version[1].get()),
            metadata: DataDirectory::new(raw.meta_data),
            flags: raw.flags.get(),
            entry_point: raw.entry_point.get(),
            resources: DataDirectory::new(raw.resources),
            strong_name: DataDirectory::new(raw.strong_name_signature),
            vtable_fixups: DataDirectory::new(raw.vtable_fixups),
            managed_native_header: DataDirectory::new(raw.managed_native_header),
        })
    }

    /// The bytes of the image's ECMA-335 metadata, from its root on, copied only if they do not lie
    /// together. `None` if the image has none or any is absent.
    pub fn metadata_bytes(&self) -> Option<Cow<'data, [u8]>> {
        self.directory_bytes(self.cor20()?.metadata.present()?)
    }

    /// The bytes of the image's metadata, borrowed, if all of them lie together.
    pub fn metadata_slice(&self) -> Option<&'data [u8]> {
        let directory = self.cor20()?.metadata.present()?;
        self.slice(directory.rva, directory.size as usize)
    }
}
