//! What a signature means in the place where it is used.

use std::sync::Arc;

use clrscope_image::rows::{ExportedType, TypeRef};
use clrscope_image::{GenericSig, Metadata, MethodSig, Primitive, TableId, Token, TypeSig};
use clrscope_memory::{VirtAddr, limits};

use super::category::TypeCategory;
use super::handle::Handle;
use super::name::TypeName;
use super::naming::declared_name;
use super::store::Types;
use crate::modules::Module;

/// Assemblies that forward a type to one another.
const MAX_FORWARDS: usize = 16;

/// The type that a signature stands for.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    pub(super) name: TypeName,
    /// Its method table, if the program has loaded it.
    pub(super) table: Option<VirtAddr>,
    /// Whether its values are references: then instantiations over it share their layout.
    pub(super) is_reference: bool,
}

/// Where a signature is used: the module that has it, and the arguments of the generic type around it.
pub(super) struct Resolver<'a, 'data> {
    pub(super) types: &'a Types<'data>,
    pub(super) module: &'a Module<'data>,
    pub(super) arguments: &'a [VirtAddr],
}

impl Resolver<'_, '_> {
    pub(super) fn resolve(&self, metadata: &Metadata<'_>, sig: &TypeSig) -> Resolved {
        self.resolve_at(metadata, sig, 0)
    }

    fn resolve_at(&self, metadata: &Metadata<'_>, sig: &TypeSig, depth: usize) -> Resolved {
        let inner = |sig: &TypeSig| self.resolve_at(metadata, sig, depth + 1);
        let opaque = |name| Resolved { name, table: None, is_reference: false };
        if depth > limits::MAX_DEPTH {
            return opaque(TypeName::Unknown("<a type of too many parts>".into()));
        }
        match sig.unmodified() {
            TypeSig::Primitive(primitive) => self.primitive(*primitive),
            TypeSig::Class(token) => self.declared(metadata, *token, true),
            TypeSig::ValueType(token) => self.declared(metadata, *token, false),
            TypeSig::Generic(generic) => self.generic(metadata, generic, depth),
            TypeSig::TypeVar(index) => self.argument(*index),
            TypeSig::MethodVar(index) => {
                opaque(TypeName::Variable { of_method: true, index: *index, name: None })
            }
            TypeSig::SzArray(element) => self.array(inner(element), 0),
            TypeSig::Array(array) => self.array(inner(&array.element), array.rank.max(1)),
            TypeSig::Pointer(target) => opaque(TypeName::Pointer(Box::new(inner(target).name))),
            TypeSig::ByRef(target) => opaque(TypeName::ByRef(Box::new(inner(target).name))),
            TypeSig::FunctionPointer(method) => opaque(self.function(metadata, method, depth)),
            TypeSig::Internal(address) => self.loaded(VirtAddr(*address)),
            // These are not in the metadata of a program, or were taken off above.
            TypeSig::Canonical
            | TypeSig::InModule(_)
            | TypeSig::Native(_)
            | TypeSig::Modified(_)
            | TypeSig::Pinned(_) => opaque(TypeName::Unknown("<a type of compiled code>".into())),
        }
    }

    fn loaded(&self, table: VirtAddr) -> Resolved {
        let is_reference = !self.types.category(table).is_some_and(TypeCategory::is_value_type);
        Resolved { name: (*self.types.name(table)).clone(), table: Some(table), is_reference }
    }

    fn primitive(&self, primitive: Primitive) -> Resolved {
        let name = TypeName::named("System", primitive.name(), self.types.core_library_name());
        let is_reference = matches!(primitive, Primitive::String | Primitive::Object);
        let table = self.types.core_type("System", primitive.name());
        Resolved { name, table, is_reference }
    }

    fn declared(&self, metadata: &Metadata<'_>, token: Token, is_reference: bool) -> Resolved {
        match self.types.type_of_token(self.module, metadata, token) {
            Some((module, rid)) => Resolved {
                name: self.types.declared_name(&module, rid),
                table: self.types.modules().type_def(&module, rid),
                is_reference,
            },
            None => {
                let name = unresolved_name(metadata, token);
                Resolved { name, table: None, is_reference }
            }
        }
    }

    fn generic(&self, metadata: &Metadata<'_>, generic: &GenericSig, depth: usize) -> Resolved {
        let definition = self.resolve_at(metadata, &generic.definition, depth + 1);
        let arguments: Vec<Resolved> = generic
            .arguments
            .iter()
            .map(|argument| self.resolve_at(metadata, argument, depth + 1))
            .collect();
        let table = definition.table.and_then(|open| self.types.instantiation(open, &arguments));
        let mut name = definition.name;
        if let TypeName::Named { arguments: names, .. } = &mut name {
            *names = arguments.into_iter().map(|argument| argument.name).collect();
        }
        Resolved { name, table, is_reference: definition.is_reference }
    }

    /// What a generic parameter of the type stands for; the parameter itself in an open type.
    fn argument(&self, index: u32) -> Resolved {
        match self.arguments.get(index as usize) {
            Some(&handle) => match Handle::table(&self.types.reader, handle) {
                Some(table) => self.loaded(table),
                None => {
                    let name = self.types.handle_name(handle);
                    Resolved { name, table: None, is_reference: false }
                }
            },
            None => {
                let name = TypeName::Variable { of_method: false, index, name: None };
                Resolved { name, table: None, is_reference: false }
            }
        }
    }

    fn array(&self, element: Resolved, rank: u32) -> Resolved {
        let table = element.table.and_then(|element| self.types.array_of(element, rank));
        let vector = rank == 0;
        let name = TypeName::Array { element: Box::new(element.name), rank: rank.max(1), vector };
        Resolved { name, table, is_reference: true }
    }

    fn function(&self, metadata: &Metadata<'_>, method: &MethodSig, depth: usize) -> TypeName {
        let name = |sig: &TypeSig| self.resolve_at(metadata, sig, depth + 1).name;
        TypeName::FunctionPointer {
            result: Box::new(name(&method.returns)),
            parameters: method.params.iter().map(name).collect(),
        }
    }
}

/// The name of a type of an assembly that is not loaded.
fn unresolved_name(metadata: &Metadata<'_>, token: Token) -> TypeName {
    let mut namespace: Arc<str> = "".into();
    let mut path: Vec<Arc<str>> = Vec::new();
    let mut assembly: Arc<str> = "".into();
    for token in metadata.nesting(token) {
        let name = match token.table() {
            TableId::TypeDef => metadata.type_def_name(token.rid()),
            _ => metadata.type_ref_name(token.rid()),
        };
        let Some(name) = name else { break };
        namespace = (*name.namespace).into();
        path.push((*name.name).into());
        if let Some(row) = metadata.row_of::<TypeRef>(token)
            && row.resolution_scope.table() == TableId::AssemblyRef
            && let Some(name) = metadata.assembly_ref_name(row.resolution_scope.rid())
        {
            assembly = (*name.name).into();
        }
    }
    if path.is_empty() {
        return TypeName::Unknown(format!("<type {token}>").into());
    }
    path.reverse();
    TypeName::Named { namespace, path, arguments: Vec::new(), assembly }
}

impl<'data> Types<'data> {
    /// The module that declares the type of a token of another, and its row there. Assemblies that
    /// forward the type are followed.
    pub(super) fn type_of_token(
        &self,
        module: &Module<'data>,
        metadata: &Metadata<'_>,
        token: Token,
    ) -> Option<(Arc<Module<'data>>, u32)> {
        match token.table() {
            TableId::TypeDef => Some((self.modules().at(module.address())?, token.rid())),
            TableId::TypeRef => self.remember_type_ref(module.address(), token.rid(), || {
                self.find_type_ref(module, metadata, token)
            }),
            // The type of a TypeSpec is a signature of its own; fields refer to it only by their own.
            _ => None,
        }
    }

    fn find_type_ref(
        &self,
        module: &Module<'data>,
        metadata: &Metadata<'_>,
        token: Token,
    ) -> Option<(Arc<Module<'data>>, u32)> {
        let full_name = metadata.full_name(token)?;
        let outermost = metadata.nesting(token).last()?;
        let scope = metadata.row_of::<TypeRef>(outermost)?.resolution_scope;
        let mut target = match scope.table() {
            TableId::AssemblyRef => {
                let name = metadata.assembly_ref_name(scope.rid())?;
                Arc::clone(self.modules().by_assembly_name(&name.name)?)
            }
            _ => self.modules().at(module.address())?,
        };
        let top_level = full_name.split('+').next()?.to_owned();
        for _ in 0..MAX_FORWARDS {
            let next = {
                let metadata = target.metadata()?;
                if let Some(rid) = metadata.find_type_def(&full_name) {
                    drop(metadata);
                    return Some((target, rid));
                }
                let forward = metadata.rows::<ExportedType>().find_map(|(_, row)| {
                    let implementation = row.implementation;
                    let is_it = implementation.table() == TableId::AssemblyRef
                        && is_name(
                            &top_level,
                            &metadata.string(row.namespace),
                            &metadata.string(row.name),
                        );
                    is_it.then_some(implementation)
                })?;
                let name = metadata.assembly_ref_name(forward.rid())?;
                Arc::clone(self.modules().by_assembly_name(&name.name)?)
            };
            target = next;
        }
        None
    }

    pub(super) fn declared_name(&self, module: &Module<'data>, rid: u32) -> TypeName {
        match declared_name(module, rid) {
            Some((namespace, path)) => TypeName::Named {
                namespace,
                path,
                arguments: Vec::new(),
                assembly: module.simple_name().into(),
            },
            None => {
                let token = Token::new(TableId::TypeDef, rid);
                TypeName::Unknown(format!("<type {token} of {}>", module.file_name()).into())
            }
        }
    }

    /// The method table of a generic type with arguments. If the program has not loaded exactly that,
    /// the one that it shares its layout with.
    fn instantiation(&self, open: VirtAddr, arguments: &[Resolved]) -> Option<VirtAddr> {
        let (module, rid) = (self.reader.module(open)?, self.reader.rid(open)?);
        let all = self.instantiations();
        let exact: Option<Vec<VirtAddr>> =
            arguments.iter().map(|argument| argument.table).collect();
        if let Some(found) = exact.and_then(|exact| all.generic(module, rid, exact)) {
            return Some(found);
        }
        let canon = self.core_type("System", "__Canon")?;
        let shared: Option<Vec<VirtAddr>> = arguments
            .iter()
            .map(|argument| match argument.table {
                _ if argument.is_reference => Some(canon),
                Some(table) => self.reader.tables.canonical(table),
                None => None,
            })
            .collect();
        if let Some(found) = shared.and_then(|shared| all.generic(module, rid, shared)) {
            return Some(found);
        }
        // What the program has never loaded has no table. Over references alone, the open type has the
        // same layout.
        arguments.iter().all(|argument| argument.is_reference).then_some(open)
    }
}

/// Whether a namespace and a name make a full name.
fn is_name(full: &str, namespace: &str, name: &str) -> bool {
    match full.strip_suffix(name) {
        Some("") => namespace.is_empty(),
        Some(rest) => rest.strip_suffix('.') == Some(namespace),
        None => false,
    }
}
