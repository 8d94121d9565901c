//! Constructed types by what they are constructed from.

use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

use super::category::TypeCategory;
use super::handle::Handle;
use super::method_table::TableReader;
use crate::modules::Modules;

/// A generic type of a module with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Instantiation {
    module: VirtAddr,
    rid: u32,
    arguments: Vec<VirtAddr>,
}

/// All constructed types that the modules know.
#[derive(Debug, Default)]
pub(super) struct Instantiations {
    generic: FxHashMap<Instantiation, VirtAddr>,
    arrays: FxHashMap<(VirtAddr, TypeCategory, u32), VirtAddr>,
    /// Those that the program has loaded, in order of module and table: for lists.
    all: Vec<VirtAddr>,
}

impl Instantiations {
    pub(super) fn read(reader: &TableReader<'_>, modules: &Modules<'_>) -> Instantiations {
        let mut found = Instantiations::default();
        for module in modules.iter() {
            for handle in modules.constructed_types(module) {
                if let Some(table) = Handle::table(reader, handle) {
                    found.add(reader, table);
                    found.all.extend(Some(table).filter(|&table| reader.is_type(table)));
                }
            }
        }
        // What the program loaded itself comes first.
        for module in modules.iter() {
            for handle in modules.precompiled_types(module) {
                if let Some(table) = Handle::table(reader, handle) {
                    found.add(reader, table);
                }
            }
        }
        found
    }

    fn add(&mut self, reader: &TableReader<'_>, table: VirtAddr) -> Option<()> {
        let header = reader.tables.header(table)?;
        if !reader.is_type(table) {
            return None;
        }
        let category = TypeCategory::of(header);
        if category.is_array() {
            let element = Handle::table(reader, reader.tables.element_type(table)?)?;
            let rank = reader.tables.bounds_rank(header);
            self.arrays.entry((element, category, rank)).or_insert(table);
        } else if !reader.is_open(header) {
            let module = reader.module(table)?;
            let rid = reader.rid(table)?;
            let arguments = reader.generic_arguments(table)?.into_iter();
            let arguments: Option<Vec<_>> =
                arguments.map(|handle| Handle::table(reader, handle)).collect();
            // An argument without a method table cannot be looked up.
            let arguments = arguments?;
            self.generic.entry(Instantiation { module, rid, arguments }).or_insert(table);
        }
        Some(())
    }

    /// The method table of a generic type with these arguments.
    pub(super) fn generic(
        &self,
        module: VirtAddr,
        rid: u32,
        arguments: Vec<VirtAddr>,
    ) -> Option<VirtAddr> {
        self.generic.get(&Instantiation { module, rid, arguments }).copied()
    }

    /// The method table of an array; `rank` is 0 for one that begins at zero.
    pub(super) fn array(&self, element: VirtAddr, rank: u32) -> Option<VirtAddr> {
        let category = if rank == 0 { TypeCategory::Vector } else { TypeCategory::Array };
        self.arrays.get(&(element, category, rank)).copied()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[VirtAddr] {
        &self.all
    }
}
