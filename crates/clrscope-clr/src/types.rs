//! Types of a runtime: names, shape, fields, statics.
//!
//! A type is its method table. What is known of it is read when it is first asked for, once, and kept.

mod class;
mod constant;
mod element_type;
mod field;
mod field_desc;
mod handle;
mod instantiations;
mod lookup;
mod method_table;
mod methods;
mod name;
mod naming;
mod offsets;
mod resolve;
mod statics;
mod thread_statics;
mod ty;

use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use clrscope_memory::{AddressSpace, VirtAddr};
use rustc_hash::FxHashMap;

pub use self::constant::{Constant, EnumInfo, EnumMember};
pub use self::element_type::ElementType;
pub use self::field::{Field, FieldKind};
use self::instantiations::Instantiations;
pub use self::lookup::NamePattern;
use self::method_table::TableReader;
pub use self::method_table::TypeCategory;
pub use self::methods::Method;
pub use self::name::{NameStyle, TypeName};
use self::naming::Namer;
use self::offsets::TypeOffsets;
use self::ty::TypeData;
pub use self::ty::{ArrayShape, Type};
use crate::layout::MissingField;
use crate::method_table::MethodTableReader;
use crate::modules::{Module, Modules};
use crate::runtime::Runtime;

/// Names of the assembly that has the basic types, in the order in which they came.
const CORE_LIBRARIES: [&str; 2] = ["System.Private.CoreLib", "mscorlib"];

/// The types of a runtime.
pub struct Types<'data> {
    reader: TableReader<'data>,
    modules: Arc<Modules<'data>>,
    names: Cache<VirtAddr, Arc<TypeName>>,
    types: Cache<VirtAddr, Option<Arc<TypeData>>>,
    core_types: Cache<&'static str, Option<VirtAddr>>,
    type_refs: Cache<(VirtAddr, u32), Option<(VirtAddr, u32)>>,
    instantiations: OnceLock<Instantiations>,
    /// Offsets of a string's length and of its first character.
    string_offsets: (u64, u64),
}

impl<'data> Types<'data> {
    /// The types of `runtime`.
    ///
    /// # Errors
    /// If its layout does not say how method tables are read.
    pub(crate) fn new(
        runtime: &Runtime<'data>,
        modules: Arc<Modules<'data>>,
    ) -> Result<Types<'data>, MissingField> {
        let tables = MethodTableReader::new(runtime)?;
        let offsets = TypeOffsets::new(runtime, &tables);
        let string = |field| runtime.layout().offset("String", field);
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

    /// The type of a method table. `None` if there is no method table.
    pub fn get(&self, method_table: VirtAddr) -> Option<Type<'_, 'data>> {
        let data = self.types.get_or(method_table, || {
            let is_type = self.reader.is_type(method_table);
            is_type.then(|| TypeData::read(self, method_table))?.map(Arc::new)
        })?;
        Some(Type::new(self, data))
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

    fn category(&self, method_table: VirtAddr) -> Option<TypeCategory> {
        self.reader.tables.header(method_table).map(TypeCategory::of)
    }

    fn is_enum(&self, method_table: VirtAddr) -> bool {
        let parent = self.reader.tables.parent(method_table);
        parent.is_some() && parent == self.core_type("System", "Enum")
    }

    fn core_library(&self) -> Option<&Arc<Module<'data>>> {
        CORE_LIBRARIES.iter().find_map(|name| self.modules.by_assembly_name(name))
    }

    fn core_library_name(&self) -> &str {
        self.core_library().map_or("", |module| module.simple_name())
    }

    /// The method table of a type of the core library.
    fn core_type(&self, namespace: &'static str, name: &'static str) -> Option<VirtAddr> {
        debug_assert_eq!(namespace, "System");
        self.core_types.get_or(name, || {
            let module = self.core_library()?;
            let rid = module.metadata()?.find_type_def(&format!("{namespace}.{name}"))?;
            self.modules.type_def(module, rid)
        })
    }

    fn instantiations(&self) -> &Instantiations {
        self.instantiations.get_or_init(|| Instantiations::read(&self.reader, &self.modules))
    }

    fn array_of(&self, element: VirtAddr, rank: u32) -> Option<VirtAddr> {
        self.instantiations().array(element, rank)
    }

    /// What a TypeRef of a module was found to be.
    fn remember_type_ref(
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

/// Values that are found once and kept.
struct Cache<K, V>(RwLock<FxHashMap<K, V>>);

impl<K: Copy + Eq + Hash, V: Clone> Cache<K, V> {
    fn new() -> Cache<K, V> {
        Cache(RwLock::default())
    }

    /// The value of a key; found without a lock held, so that finding it may ask for others.
    fn get_or(&self, key: K, find: impl FnOnce() -> V) -> V {
        let kept = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = kept.get(&key) {
            return value.clone();
        }
        drop(kept);
        let value = find();
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        kept.entry(key).or_insert(value).clone()
    }
}
