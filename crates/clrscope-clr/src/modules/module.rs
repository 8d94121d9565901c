//! What is known of a module.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use clrscope_image::{ImageLayout, Metadata};
use clrscope_memory::{VirtAddr, file_name};

use super::lookup_map::LookupMap;

/// The image of a module in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuleImage {
    /// Address of its first byte.
    pub base: VirtAddr,
    /// Its length in bytes as the runtime or its header has it; zero if neither is in the capture.
    pub size: u64,
    /// How its bytes are arranged; `None` if its headers are not in the capture.
    pub layout: Option<ImageLayout>,
}

/// Where the metadata of a module comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetadataOrigin {
    /// It is part of the module's image.
    Image,
    /// The runtime saved it for debuggers: the module was made by Reflection.Emit, and has no image.
    Dynamic,
}

/// The bytes of a module's metadata, and where they are.
#[derive(Debug, Clone)]
pub(crate) struct ModuleMetadata<'data> {
    pub(crate) address: VirtAddr,
    pub(crate) bytes: Cow<'data, [u8]>,
    pub(crate) origin: MetadataOrigin,
}

/// The metadata of a module, parsed.
#[derive(Debug)]
pub struct ModuleMetadataRef<'a>(Parsed<'a>);

#[derive(Debug)]
enum Parsed<'a> {
    Kept(&'a Metadata<'a>),
    Made(Box<Metadata<'a>>),
}

impl<'a> Deref for ModuleMetadataRef<'a> {
    type Target = Metadata<'a>;

    fn deref(&self) -> &Metadata<'a> {
        match &self.0 {
            Parsed::Kept(metadata) => metadata,
            Parsed::Made(metadata) => metadata,
        }
    }
}

/// A module of an assembly. Nearly all assemblies have exactly one.
pub struct Module<'data> {
    pub(super) address: VirtAddr,
    pub(super) assembly: Option<VirtAddr>,
    pub(super) simple_name: String,
    pub(super) path: Option<String>,
    pub(super) image: Option<ModuleImage>,
    pub(super) dynamic: bool,
    pub(super) collectible: bool,
    pub(super) loader_allocator: Option<VirtAddr>,
    pub(super) load_context: Option<VirtAddr>,
    pub(super) metadata: Option<ModuleMetadata<'data>>,
    pub(super) parsed: OnceLock<Option<Metadata<'data>>>,
    pub(super) type_defs: Option<LookupMap>,
}

impl<'data> Module<'data> {
    /// Address of the runtime's structure.
    pub fn address(&self) -> VirtAddr {
        self.address
    }

    /// Address of the runtime's structure of its assembly.
    pub fn assembly(&self) -> Option<VirtAddr> {
        self.assembly
    }

    /// The simple name of its assembly, such as `System.Private.CoreLib`; empty if it is unknown.
    pub fn simple_name(&self) -> &str {
        &self.simple_name
    }

    /// The path of its file, if it has one.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The last part of its path; its simple name if it has no path.
    pub fn file_name(&self) -> &str {
        match &self.path {
            Some(path) => file_name(path),
            None => &self.simple_name,
        }
    }

    /// Its image, if it has one.
    pub fn image(&self) -> Option<ModuleImage> {
        self.image
    }

    /// Whether Reflection.Emit made it: it has no file and no image.
    pub fn is_dynamic(&self) -> bool {
        self.dynamic
    }

    /// Whether it can be unloaded.
    pub fn is_collectible(&self) -> bool {
        self.collectible
    }

    /// Address of the runtime's structure that owns what is loaded with this module.
    pub fn loader_allocator(&self) -> Option<VirtAddr> {
        self.loader_allocator
    }

    /// Address of the managed `AssemblyLoadContext` that loaded it, if that is known. The runtime
    /// makes the object of the default context only when it is asked for.
    pub fn load_context(&self) -> Option<VirtAddr> {
        self.load_context
    }

    /// Address of its metadata.
    pub fn metadata_address(&self) -> Option<VirtAddr> {
        self.metadata.as_ref().map(|metadata| metadata.address)
    }

    /// Bytes of its ECMA-335 metadata from the root on. `None` if the capture does not hold them.
    pub fn metadata_bytes(&self) -> Option<&[u8]> {
        self.metadata.as_ref().map(|metadata| &*metadata.bytes)
    }

    /// Its metadata, parsed when it is first asked for. `None` if the capture does not hold it, or if
    /// it is too damaged to read anything.
    pub fn metadata(&self) -> Option<ModuleMetadataRef<'_>> {
        match &self.metadata.as_ref()?.bytes {
            Cow::Borrowed(bytes) => {
                let parse = || Some(Metadata::parse(bytes).ok()?.value);
                let parsed = self.parsed.get_or_init(parse).as_ref()?;
                Some(ModuleMetadataRef(Parsed::Kept(parsed)))
            }
            // Bytes that had to be put together belong to the module itself. That is rare, and
            // parsing reads headers only.
            Cow::Owned(bytes) => {
                let parsed = Metadata::parse(bytes).ok()?.value;
                Some(ModuleMetadataRef(Parsed::Made(Box::new(parsed))))
            }
        }
    }

    /// Where its metadata comes from.
    pub fn metadata_origin(&self) -> Option<MetadataOrigin> {
        self.metadata.as_ref().map(|metadata| metadata.origin)
    }
}

impl fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("address", &self.address)
            .field("simple_name", &self.simple_name)
            .field("path", &self.path)
            .field("image", &self.image)
            .field("dynamic", &self.dynamic)
            .field("collectible", &self.collectible)
            .field("metadata", &self.metadata.as_ref().map(|metadata| metadata.address))
            .finish_non_exhaustive()
    }
}
