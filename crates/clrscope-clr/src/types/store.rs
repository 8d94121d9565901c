//! What is read of types, each once: their names, and what a type is.

use std::fmt;
use std::sync::{Arc, OnceLock};

use clrscope_memory::{AddressSpace, VirtAddr};

use super::cache::Cache;
use super::category::TypeCategory;
use super::instantiations::Instantiations;
use super::method_table::TableReader;
use super::name::TypeName;
use super::naming::Namer;
use super::offsets::TypeOffsets;
use super::type_data::TypeData;
use crate::layout::{Globals, Layout, MissingField};
use crate::method_table::MethodTableReader;
use crate::modules::{Module, Modules};

/// Names of the assembly that has the basic types, in the order in which they came.
const CORE_LIBRARIES: [&str; 2] = ["System.Private.CoreLib", "mscorlib"];

/// The types of a runtime.
pub struct Types<'data> {
    pub(super) reader: TableReader<'data>,
    modules: Arc<Modules<'data>>,
    names: Cache<VirtAddr, Arc<TypeName>>,
    pub(super) types: Cache<VirtAddr, Option<Arc<TypeData>>>,
    core_types: Cache<&'static str, Option<VirtAddr>>,
    type_refs: Cache<(VirtAddr, u32), Option<(VirtAddr, u32)>>,
    instantiations: OnceLock<Instantiations>,
    /// Offsets of a string's length and of its first character.
    string_offsets: (u64, u64),
}

impl<'data> Types<'data> {
    /// The types of the runtime whose modules these are.
    ///
    /// # Errors
    /// If its layout does not say how method tables are read.
    pub(crate) fn new(
        space: &AddressSpace<'data>,
        layout: &Layout,
        globals: &Globals,
        modules: Arc<Modules<'data>>,
    ) -> Result<Types<'data>, MissingField> {
        let tables = MethodTableReader::new(space, layout, globals)?;
        let offsets = TypeOffsets::new(space.target().pointer_bytes(), layout, globals);
        let string = |field| layout.offset("String", field);
        let length = string("m_StringLength").unwrap_or(offsets.pointer);
        let string_offsets = (length, string("m_FirstChar").unwrap_or(length + 4));
        Ok(Types {
            string_offsets,
            reader: TableReader { tables, offsets },
            modules,
            names: Cache::new(),
            types: Cache::new(),
            core_types: Cache::new(),
            type_refs: Cache::new(),
            instantiations: OnceLock::new(),
        })
    }

    /// The name of the type of a method table, taken apart. A type whose metadata is absent is called
    /// by what is known of it.
    pub fn name(&self, method_table: VirtAddr) -> Arc<TypeName> {
        self.names.get_or(method_table, || {
            Arc::new(Namer::new(&self.reader, &self.modules).method_table(method_table))
        })
    }

    /// The name of what a type handle stands for: a method table, or a type without one.
    pub fn handle_name(&self, handle: VirtAddr) -> TypeName {
        Namer::new(&self.reader, &self.modules).handle(handle)
    }

    /// The module that declares the type of a method table.
    pub fn module_of(&self, method_table: VirtAddr) -> Option<Arc<Module<'data>>> {
        self.modules.at(self.reader.module(method_table)?)
    }

    /// The modules that declare the types.
    pub fn modules(&self) -> &Modules<'data> {
        &self.modules
    }

    /// Offsets of a string's length and of its first character.
    pub(crate) fn string_offsets(&self) -> (u64, u64) {
        self.string_offsets
    }

    /// The memory that the types are in.
    pub(crate) fn space(&self) -> &AddressSpace<'data> {
        self.reader.space()
    }

    /// Bytes of a pointer.
    pub(crate) fn pointer_bytes(&self) -> u64 {
        self.reader.offsets.pointer
    }

    pub(super) fn category(&self, method_table: VirtAddr) -> Option<TypeCategory> {
        self.reader.tables.header(method_table).map(TypeCategory::of)
    }

    pub(super) fn is_enum(&self, method_table: VirtAddr) -> bool {
        let parent = self.reader.tables.parent(method_table);
        parent.is_some() && parent == self.core_type("System", "Enum")
    }

    pub(super) fn core_library(&self) -> Option<&Arc<Module<'data>>> {
        CORE_LIBRARIES.iter().find_map(|name| self.modules.by_assembly_name(name))
    }

    pub(super) fn core_library_name(&self) -> &str {
        self.core_library().map_or("", |module| module.simple_name())
    }

    /// The method table of a type of the core library.
    pub(super) fn core_type(
        &self,
        namespace: &'static str,
        name: &'static str,
    ) -> Option<VirtAddr> {
        debug_assert_eq!(namespace, "System");
        self.core_types.get_or(name, || {
            let module = self.core_library()?;
            let rid = module.metadata()?.find_type_def(&format!("{namespace}.{name}"))?;
            self.modules.type_def(module, rid)
        })
    }

    pub(super) fn instantiations(&self) -> &Instantiations {
        self.instantiations.get_or_init(|| Instantiations::read(&self.reader, &self.modules))
    }

    pub(super) fn array_of(&self, element: VirtAddr, rank: u32) -> Option<VirtAddr> {
        self.instantiations().array(element, rank)
    }

    /// What a TypeRef of a module was found to be.
    pub(super) fn remember_type_ref(
        &self,
        module: VirtAddr,
        rid: u32,
        find: impl FnOnce() -> Option<(Arc<Module<'data>>, u32)>,
    ) -> Option<(Arc<Module<'data>>, u32)> {
        let found = self
            .type_refs
            .get_or((module, rid), || find().map(|(module, rid)| (module.address(), rid)));
        let (module, rid) = found?;
        Some((self.modules.at(module)?, rid))
    }
}

impl fmt::Debug for Types<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Types").field("modules", &self.modules).finish_non_exhaustive()
    }
}
