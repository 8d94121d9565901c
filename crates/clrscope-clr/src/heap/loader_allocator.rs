//! What keeps a type that can be unloaded: the managed object of its loader allocator, which every
//! instance of the type refers to without a field.

use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

use crate::method_table::MethodTableReader;
use crate::runtime::Runtime;

/// Finds the managed objects of loader allocators, each module's once.
pub(crate) struct Finder<'a, 'data> {
    runtime: &'a Runtime<'data>,
    by_module: FxHashMap<VirtAddr, Option<VirtAddr>>,
}

impl<'a, 'data> Finder<'a, 'data> {
    pub(crate) fn new(runtime: &'a Runtime<'data>) -> Finder<'a, 'data> {
        Finder { runtime, by_module: FxHashMap::default() }
    }

    /// The object that keeps a type.
    pub(crate) fn of_type(
        &mut self,
        reader: &MethodTableReader<'_>,
        method_table: VirtAddr,
    ) -> Option<VirtAddr> {
        let module = loader_module(self.runtime, reader, method_table)?;
        let runtime = self.runtime;
        *self.by_module.entry(module).or_insert_with(|| of_module(runtime, module))
    }
}

/// The module whose loader allocator holds the type: from .NET 9 on in the auxiliary data.
fn loader_module(
    runtime: &Runtime<'_>,
    reader: &MethodTableReader<'_>,
    method_table: VirtAddr,
) -> Option<VirtAddr> {
    if reader.module_is_loader() {
        return reader.module_word(method_table);
    }
    let layout = runtime.layout();
    let space = &runtime.snapshot().space;
    let auxiliary = layout.offset("MethodTable", "AuxiliaryData")?;
    let module = layout.offset("MethodTableAuxiliaryData", "LoaderModule")?;
    let auxiliary = space.read_pointer(method_table.wrapping_add(auxiliary))?;
    space.follow(auxiliary.wrapping_add(module))
}

/// Module, its loader allocator (through its assembly in older runtimes), the handle of its object.
fn of_module(runtime: &Runtime<'_>, module: VirtAddr) -> Option<VirtAddr> {
    let layout = runtime.layout();
    let space = &runtime.snapshot().space;
    let follow = |at: VirtAddr, offset: u64| space.follow(at.wrapping_add(offset));
    let allocator = match layout.offset("Module", "LoaderAllocator") {
        Some(offset) => follow(module, offset)?,
        None => {
            let assembly = follow(module, layout.offset("Module", "Assembly")?)?;
            follow(assembly, layout.offset("Assembly", "LoaderAllocator")?)?
        }
    };
    let handle = follow(allocator, layout.offset("LoaderAllocator", "ObjectHandle")?)?;
    follow(handle, 0)
}
