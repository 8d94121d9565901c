//! Types of a runtime: names, shape, fields, statics.
//!
//! A type is its method table. What is known of it is read when it is first asked for, once, and kept.

mod handle;
mod method_table;
mod name;
mod naming;
mod offsets;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

use self::method_table::TableReader;
pub use self::method_table::TypeCategory;
pub use self::name::{NameStyle, TypeName};
use self::naming::Namer;
use self::offsets::TypeOffsets;
use crate::layout::MissingField;
use crate::method_table::MethodTableReader;
use crate::modules::Modules;
use crate::runtime::Runtime;

/// The types of a runtime.
pub struct Types<'data> {
    reader: TableReader<'data>,
    modules: Arc<Modules<'data>>,
    names: RwLock<FxHashMap<VirtAddr, Arc<TypeName>>>,
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
        let reader = TableReader { tables, offsets };
        Ok(Types { reader, modules, names: RwLock::default() })
    }

    /// The name of the type of a method table, taken apart. A type whose metadata is absent is called
    /// by what is known of it.
    pub fn name(&self, method_table: VirtAddr) -> Arc<TypeName> {
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = names.get(&method_table) {
            return Arc::clone(name);
        }
        drop(names);
        let name = Arc::new(Namer::new(&self.reader, &self.modules).method_table(method_table));
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(names.entry(method_table).or_insert(name))
    }

    /// The name of what a type handle stands for: a method table, or a type without one.
    pub fn handle_name(&self, handle: VirtAddr) -> TypeName {
        Namer::new(&self.reader, &self.modules).handle(handle)
    }

    /// The modules that declare the types.
    pub fn modules(&self) -> &Modules<'data> {
        &self.modules
    }
}

impl fmt::Debug for Types<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Types").field("modules", &self.modules).finish_non_exhaustive()
    }
}
