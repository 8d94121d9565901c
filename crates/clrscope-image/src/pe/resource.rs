//! The tree of native resources: kind, name, language.

use std::borrow::Cow;

use clrscope_memory::Rva;

use super::headers::{DataDirectory, Directory};
use super::image::PeImage;
use super::raw;

/// Entries of one directory of the tree that are looked at.
const MAX_ENTRIES: u32 = 4_096;

/// What a resource, or a kind of resource, is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceName<'a> {
    /// By a number.
    Id(u16),
    /// By a name; upper and lower case are the same.
    Name(&'a str),
}

impl ResourceName<'_> {
    /// `RT_RCDATA`: bytes of any kind.
    pub const RCDATA: ResourceName<'static> = ResourceName::Id(10);
    /// `RT_VERSION`: the version resource.
    pub const VERSION: ResourceName<'static> = ResourceName::Id(16);
}

/// Where a resource's bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// Its bytes.
    pub data: DataDirectory,
    /// Code page of its text.
    pub code_page: u32,
}

impl<'data> PeImage<'data> {
    /// A resource by its kind and name, in the first language that it comes in.
    pub fn resource(&self, kind: ResourceName<'_>, name: ResourceName<'_>) -> Option<Resource> {
        let tree = self.directory(Directory::Resource)?;
        let names = self.subdirectory(tree, self.resource_entry(tree, tree.rva, Some(kind))?)?;
        let languages = self.subdirectory(tree, self.resource_entry(tree, names, Some(name))?)?;
        let leaf = self.resource_entry(tree, languages, None)?;
        if leaf & SUBDIRECTORY != 0 {
            return None;
        }
        let raw: raw::ResourceDataEntry = self.read(tree.rva.checked_add(leaf)?)?;
        Some(Resource {
            data: DataDirectory { rva: Rva(raw.offset_to_data.get()), size: raw.size.get() },
            code_page: raw.code_page.get(),
        })
    }

    /// The bytes of a resource.
    pub fn resource_bytes(
        &self,
        kind: ResourceName<'_>,
        name: ResourceName<'_>,
    ) -> Option<Cow<'data, [u8]>> {
        self.directory_bytes(self.resource(kind, name)?.data)
    }

    fn subdirectory(&self, tree: DataDirectory, entry: u32) -> Option<Rva> {
        (entry & SUBDIRECTORY != 0).then(|| tree.rva.checked_add(entry & !SUBDIRECTORY))?
    }

    /// The entry of the directory at `at` with a name, or its first.
    fn resource_entry(
        &self,
        tree: DataDirectory,
        at: Rva,
        wanted: Option<ResourceName<'_>>,
    ) -> Option<u32> {
        let directory: raw::ResourceDirectory = self.read(at)?;
        let count = u32::from(directory.number_of_named_entries.get())
            + u32::from(directory.number_of_id_entries.get());
        for index in 0..count.min(MAX_ENTRIES) {
            let entry: raw::ResourceDirectoryEntry = self.read(at.checked_add(16 + 8 * index)?)?;
            let name = entry.name.get();
            let found = match wanted {
                None => true,
                Some(ResourceName::Id(id)) => name == u32::from(id),
                Some(ResourceName::Name(wanted)) => {
                    name & NAMED != 0 && self.is_named(tree, name & !NAMED, wanted)
                }
            };
            if found {
                return Some(entry.offset_to_data.get());
            }
        }
        None
    }

    /// Whether the counted UTF-16 string at an offset of the tree is `wanted`.
    fn is_named(&self, tree: DataDirectory, offset: u32, wanted: &str) -> bool {
        let name = || {
            let at = tree.rva.checked_add(offset)?;
            let length = self.read_u16(at)?;
            self.bytes(at.checked_add(2)?, usize::from(length) * 2)
        };
        name().is_some_and(|name| {
            let units = name.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
            let fold = |unit: u16| match u8::try_from(unit) {
                Ok(byte) => u16::from(byte.to_ascii_uppercase()),
                Err(_) => unit,
            };
            units.map(fold).eq(wanted.encode_utf16().map(fold))
        })
    }
}

/// Set in an entry's offset if it leads to another directory.
const SUBDIRECTORY: u32 = 0x8000_0000;
/// Set in an entry's name if it is the offset of a string.
const NAMED: u32 = 0x8000_0000;
