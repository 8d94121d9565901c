//! Reading a module from the runtime's structures.

use std::sync::OnceLock;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr, file_name, limits};

use super::image;
use super::lookup_map::LookupMap;
use super::module::Module;
use super::offsets::{ModuleOffsets, follow};

/// `Module::IS_REFLECTION_EMIT` (dotnet/runtime, src/coreclr/vm/ceeload.h, .NET 9 and later).
const FLAG_REFLECTION_EMIT: u32 = 0x40;

/// Whether there could be a module at `address`: it begins with a module's virtual table, or, where
/// these are not known, it has an assembly and a name.
pub(super) fn is_module(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    address: VirtAddr,
) -> bool {
    let Some(vtable) = space.read_pointer(address) else { return false };
    if !offsets.known_vtables.is_empty() {
        return offsets.known_vtables.contains(&vtable);
    }
    follow(space, address, offsets.assembly).is_some_and(|assembly| space.contains(assembly))
        && follow(space, address, offsets.simple_name).is_some_and(|name| space.contains(name))
}

/// Reads the module at `address`. What the capture does not hold is left out.
pub(super) fn read_module<'data>(
    space: &AddressSpace<'data>,
    offsets: &ModuleOffsets,
    address: VirtAddr,
    issues: &mut Issues,
) -> Module<'data> {
    let assembly = follow(space, address, offsets.assembly);
    let loader_allocator = follow(space, address, offsets.loader_allocator)
        .or_else(|| follow(space, assembly?, offsets.assembly_loader_allocator));
    let dynamic = is_dynamic(space, offsets, address);
    let pe_assembly = follow(space, address, offsets.pe_assembly);
    let located = image::locate(space, offsets, address, pe_assembly, dynamic);
    if located.metadata.is_none() {
        issues.push(Issue::in_memory(
            IssueKind::MissingMemory,
            address,
            "the metadata of a module is not in the capture",
        ));
    }
    let type_defs =
        offsets.type_def_map.map(|offset| LookupMap::new(address.wrapping_add(offset), offsets));
    Module {
        address,
        assembly,
        simple_name: simple_name(space, offsets, address, located.path.as_deref()),
        path: located.path,
        image: located.image,
        dynamic,
        collectible: is_collectible(space, offsets, assembly, loader_allocator),
        loader_allocator,
        load_context: load_context(space, offsets, pe_assembly),
        metadata: located.metadata,
        parsed: OnceLock::new(),
        type_defs,
    }
}

fn is_dynamic(space: &AddressSpace<'_>, offsets: &ModuleOffsets, address: VirtAddr) -> bool {
    match (offsets.flags, offsets.reflection_module) {
        (Some(offset), _) => space
            .read_u32(address.wrapping_add(offset))
            .is_some_and(|flags| flags & FLAG_REFLECTION_EMIT != 0),
        (None, vtable) => vtable.is_some() && space.read_pointer(address) == vtable,
    }
}

fn is_collectible(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    assembly: Option<VirtAddr>,
    loader_allocator: Option<VirtAddr>,
) -> bool {
    match (offsets.assembly_is_collectible, offsets.collectible_allocator, loader_allocator) {
        (Some(offset), _, _) => assembly
            .and_then(|assembly| space.read_u8(assembly.wrapping_add(offset)))
            .is_some_and(|flag| flag != 0),
        (None, Some(vtable), Some(allocator)) => space.read_pointer(allocator) == Some(vtable),
        _ => false,
    }
}

fn simple_name(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    address: VirtAddr,
    path: Option<&str>,
) -> String {
    let name = follow(space, address, offsets.simple_name)
        .and_then(|name| space.read_c_string(name, limits::MAX_NAME))
        .filter(|name| !name.is_empty());
    match (name, path) {
        (Some(name), _) => String::from_utf8_lossy(&name).into_owned(),
        // The name lies in the image's metadata; without it, the file's name is the best guess.
        (None, Some(path)) => {
            let file = file_name(path);
            file.rsplit_once('.').map_or(file, |(stem, _)| stem).to_owned()
        }
        (None, None) => String::new(),
    }
}

/// The managed object of the load context: `PEAssembly` → the binder that bound it → a handle.
/// Assemblies of a file are bound by the binder of their host assembly, dynamic ones by the one that
/// their creator used (.NET 8 and 9); later versions keep one binder for both.
fn load_context(
    space: &AddressSpace<'_>,
    offsets: &ModuleOffsets,
    pe_assembly: Option<VirtAddr>,
) -> Option<VirtAddr> {
    let pe_assembly = pe_assembly?;
    let binder = follow(space, pe_assembly, offsets.host_assembly)
        .and_then(|host| follow(space, host, offsets.host_binder))
        .or_else(|| follow(space, pe_assembly, offsets.binder))?;
    let handle = follow(space, binder, offsets.binder_load_context)?;
    follow(space, handle, Some(0))
}
