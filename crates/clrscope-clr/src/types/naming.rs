//! Names of method tables and type handles.

use std::cell::Cell;
use std::sync::Arc;

use clrscope_image::rows::GenericParam;
use clrscope_image::{TableId, Token};
use clrscope_memory::{VirtAddr, limits};

use super::category::TypeCategory;
use super::handle::{Handle, TypeDesc};
use super::method_table::TableReader;
use super::name::TypeName;
use crate::modules::{Module, Modules};

/// Parts that one name may have. Damaged types can hold each other as arguments without end.
const MAX_PARTS: u32 = 4_096;

/// Builds the name of one type.
pub(super) struct Namer<'a, 'data> {
    reader: &'a TableReader<'data>,
    modules: &'a Modules<'data>,
    parts_left: Cell<u32>,
}

impl<'a, 'data> Namer<'a, 'data> {
    pub(super) fn new(
        reader: &'a TableReader<'data>,
        modules: &'a Modules<'data>,
    ) -> Namer<'a, 'data> {
        Namer { reader, modules, parts_left: Cell::new(MAX_PARTS) }
    }

    /// The name of the type of a method table.
    pub(super) fn method_table(&self, table: VirtAddr) -> TypeName {
        self.table_at(table, 0)
    }

    /// The name of the type that a handle stands for.
    pub(super) fn handle(&self, handle: VirtAddr) -> TypeName {
        self.handle_at(handle, 0)
    }

    fn take_part(&self, depth: usize) -> bool {
        let left = self.parts_left.get();
        self.parts_left.set(left.saturating_sub(1));
        left > 0 && depth < limits::MAX_DEPTH
    }

    fn handle_at(&self, handle: VirtAddr, depth: usize) -> TypeName {
        if !self.take_part(depth) {
            return unknown("a type of too many parts");
        }
        let inner = |handle| Box::new(self.handle_at(handle, depth + 1));
        match Handle::read(self.reader, handle) {
            Handle::MethodTable(table) => self.table_at(table, depth),
            Handle::TypeDesc(TypeDesc::Pointer(target)) => TypeName::Pointer(inner(target)),
            Handle::TypeDesc(TypeDesc::ByRef(target)) => TypeName::ByRef(inner(target)),
            Handle::TypeDesc(TypeDesc::Array(element)) => {
                TypeName::Array { element: inner(element), rank: 1, vector: true }
            }
            Handle::TypeDesc(TypeDesc::Variable { of_method, module, token }) => {
                self.variable(of_method, module, token)
            }
            Handle::TypeDesc(TypeDesc::FunctionPointer { result, parameters }) => {
                let parameter = |&handle: &VirtAddr| self.handle_at(handle, depth + 1);
                let named = parameters.iter().take_while(|_| self.parts_left.get() > 0);
                let parameters = named.map(parameter).collect();
                TypeName::FunctionPointer { result: inner(result), parameters }
            }
            Handle::Unknown => unknown(&format!("a type at {handle}")),
        }
    }

    fn table_at(&self, table: VirtAddr, depth: usize) -> TypeName {
        if !self.take_part(depth) {
            return unknown("a type of too many parts");
        }
        if self.reader.tables.is_free(table) {
            return TypeName::Free;
        }
        let Some(header) = self.reader.tables.header(table) else {
            return unknown(&format!("a type at {table}"));
        };
        let category = TypeCategory::of(header);
        if category.is_array() {
            let element = match self.reader.tables.element_type(table) {
                Some(element) => self.handle_at(element, depth + 1),
                None => unknown("a type"),
            };
            let rank = self.reader.tables.bounds_rank(header).max(1);
            let vector = category == TypeCategory::Vector;
            return TypeName::Array { element: Box::new(element), rank, vector };
        }
        let rid = self.reader.rid(table);
        let address = self.reader.module(table);
        let module = address.and_then(|address| self.modules.at(address));
        let Some(module) = module else {
            return unknown(&match (address, rid) {
                (Some(address), Some(rid)) => format!("type {} of module {address}", type_def(rid)),
                _ => format!("a type at {table}"),
            });
        };
        let Some((namespace, path)) = rid.and_then(|rid| declared_name(&module, rid)) else {
            let name = match module.file_name() {
                "" => format!("module {}", module.address()),
                name => name.to_owned(),
            };
            return unknown(&match rid {
                Some(rid) => format!("type {} of {name}", type_def(rid)),
                None => format!("a type of {name} at {table}"),
            });
        };
        let arguments = if self.reader.is_definition(header) {
            Vec::new()
        } else {
            let handles = self.reader.generic_arguments(table).unwrap_or_default();
            let named = handles.into_iter().take_while(|_| self.parts_left.get() > 0);
            named.map(|handle| self.handle_at(handle, depth + 1)).collect()
        };
        TypeName::Named { namespace, path, arguments, assembly: module.simple_name().into() }
    }

    /// The name of a generic parameter, by its row of metadata.
    fn variable(&self, of_method: bool, module: Option<VirtAddr>, token: Option<u32>) -> TypeName {
        let row = || {
            let module = self.modules.at(module?)?;
            let metadata = module.metadata()?;
            let row: GenericParam = metadata.row_of(Token(token?))?;
            Some((u32::from(row.number), Arc::from(&*metadata.string(row.name))))
        };
        match row() {
            Some((index, name)) => TypeName::Variable { of_method, index, name: Some(name) },
            None => TypeName::Variable { of_method, index: 0, name: None },
        }
    }
}

fn type_def(rid: u32) -> Token {
    Token::new(TableId::TypeDef, rid)
}

fn unknown(what: &str) -> TypeName {
    TypeName::Unknown(format!("<{what}>").into())
}

/// Namespace and nested names of a type of a module.
pub(super) fn declared_name(module: &Module<'_>, rid: u32) -> Option<(Arc<str>, Vec<Arc<str>>)> {
    let metadata = module.metadata()?;
    let mut namespace: Arc<str> = "".into();
    let mut path = Vec::new();
    for token in metadata.nesting(type_def(rid)) {
        let name = metadata.type_def_name(token.rid())?;
        namespace = (*name.namespace).into();
        path.push((*name.name).into());
    }
    path.reverse();
    (!path.is_empty()).then_some((namespace, path))
}
