//! Offsets that reading a module needs, looked up once.

use clrscope_memory::{AddressSpace, Target, VirtAddr};

use crate::layout::{Globals, Layout};
use crate::pointer_form::PointerForm;

/// Where modules, assemblies and their images keep what is read here. A missing offset makes what it
/// leads to unknown, nothing else.
#[derive(Debug, Clone)]
pub(crate) struct ModuleOffsets {
    pub(super) pointer: u64,
    /// Of what tables hold.
    pub(super) form: PointerForm,
    pub(super) assembly: Option<u64>,
    pub(super) pe_assembly: Option<u64>,
    pub(super) base: Option<u64>,
    pub(super) flags: Option<u64>,
    pub(super) loader_allocator: Option<u64>,
    pub(super) assembly_loader_allocator: Option<u64>,
    pub(super) assembly_is_collectible: Option<u64>,
    pub(super) dynamic_metadata: Option<u64>,
    pub(super) metadata_buffer: Option<u64>,
    pub(super) simple_name: Option<u64>,
    pub(super) type_def_map: Option<u64>,
    pub(super) available_types: Option<u64>,
    pub(super) pe_image: Option<u64>,
    pub(super) metadata_import: Option<u64>,
    pub(super) metadata_in_import: Option<u64>,
    pub(super) image_path: Option<u64>,
    pub(super) flat_layout: Option<u64>,
    pub(super) loaded_layout: Option<u64>,
    pub(super) layout_base: u64,
    pub(super) layout_size: u64,
    pub(super) binder: Option<u64>,
    pub(super) host_assembly: Option<u64>,
    pub(super) host_binder: Option<u64>,
    pub(super) binder_load_context: Option<u64>,
    pub(super) reflection_module: Option<VirtAddr>,
    pub(super) known_vtables: Vec<VirtAddr>,
    pub(super) collectible_allocator: Option<VirtAddr>,
    /// Whether the buckets of hash tables begin with their own number (.NET 8 and later).
    pub(super) counted_buckets: bool,
}

impl ModuleOffsets {
    pub(crate) fn new(target: Target, layout: &Layout, globals: &Globals) -> ModuleOffsets {
        let pointer = target.pointer_bytes();
        let at = |structure: &str, field: &str| layout.offset(structure, field);
        let known_vtables = ["Module", "EditAndContinueModule", "ReflectionModule"];
        ModuleOffsets {
            pointer,
            form: PointerForm::of(globals),
            assembly: at("Module", "Assembly"),
            pe_assembly: at("Module", "PEAssembly"),
            base: at("Module", "Base"),
            flags: at("Module", "Flags"),
            loader_allocator: at("Module", "LoaderAllocator"),
            assembly_loader_allocator: at("Assembly", "LoaderAllocator"),
            assembly_is_collectible: at("Assembly", "IsCollectible"),
            dynamic_metadata: at("Module", "DynamicMetadata"),
            metadata_buffer: at("Module", "MetadataBuffer"),
            simple_name: at("Module", "SimpleName"),
            type_def_map: at("Module", "TypeDefToMethodTableMap"),
            available_types: at("Module", "AvailableTypeParams"),
            pe_image: at("PEAssembly", "PEImage"),
            metadata_import: at("PEAssembly", "MetadataImport"),
            metadata_in_import: at("MetadataImport", "Metadata"),
            image_path: at("PEImage", "Path"),
            flat_layout: at("PEImage", "FlatImageLayout"),
            loaded_layout: at("PEImage", "LoadedImageLayout"),
            layout_base: at("PEImageLayout", "Base").unwrap_or(pointer),
            layout_size: at("PEImageLayout", "Size").unwrap_or(2 * pointer),
            binder: at("PEAssembly", "AssemblyBinder"),
            host_assembly: at("PEAssembly", "HostAssembly"),
            host_binder: at("HostAssembly", "Binder"),
            binder_load_context: at("AssemblyBinder", "AssemblyLoadContext"),
            reflection_module: globals.vtable("ReflectionModule"),
            known_vtables: known_vtables.iter().filter_map(|name| globals.vtable(name)).collect(),
            collectible_allocator: globals.vtable("AssemblyLoaderAllocator"),
            counted_buckets: globals.number("CountedHashBuckets") == Some(1),
        }
    }
}

/// Follows the pointer at an offset that may be unknown.
pub(super) fn follow(
    space: &AddressSpace<'_>,
    from: VirtAddr,
    offset: Option<u64>,
) -> Option<VirtAddr> {
    space.follow(from.wrapping_add(offset?))
}
