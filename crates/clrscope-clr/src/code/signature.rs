//! The types of a signature by name.

use std::sync::Arc;

use clrscope_image::{Metadata, Primitive, TableId, Token, TypeSig};
use clrscope_memory::{VirtAddr, limits};

use crate::types::{TypeName, Types};

/// The name of a type as a signature of `metadata` says it. Generic parameters stay parameters.
pub(crate) fn type_name(
    types: &Types<'_>,
    metadata: Option<&Metadata<'_>>,
    sig: &TypeSig,
) -> TypeName {
    name_at(types, metadata, sig, 0)
}

fn name_at(
    types: &Types<'_>,
    metadata: Option<&Metadata<'_>>,
    sig: &TypeSig,
    depth: usize,
) -> TypeName {
    if depth > limits::MAX_DEPTH {
        return TypeName::Unknown("<a type of too many parts>".into());
    }
    let name = |sig: &TypeSig| name_at(types, metadata, sig, depth + 1);
    let inner = |sig: &TypeSig| Box::new(name(sig));
    let variable = |of_method, index| TypeName::Variable { of_method, index, name: None };
    match sig {
        TypeSig::Primitive(primitive) => TypeName::named("System", primitive.name(), ""),
        TypeSig::Class(token) | TypeSig::ValueType(token) => declared(metadata, *token),
        TypeSig::Internal(handle) => types.handle_name(VirtAddr(*handle)),
        TypeSig::Pointer(target) => TypeName::Pointer(inner(target)),
        TypeSig::ByRef(target) => TypeName::ByRef(inner(target)),
        TypeSig::SzArray(element) => {
            TypeName::Array { element: inner(element), rank: 1, vector: true }
        }
        TypeSig::Array(array) => {
            let rank = array.rank.max(1);
            TypeName::Array { element: inner(&array.element), rank, vector: false }
        }
        TypeSig::Generic(generic) => {
            let parts = generic.arguments.iter().map(name).collect();
            match name(&generic.definition) {
                TypeName::Named { namespace, path, assembly, .. } => {
                    TypeName::Named { namespace, path, arguments: parts, assembly }
                }
                other => other,
            }
        }
        TypeSig::TypeVar(index) => variable(false, *index),
        TypeSig::MethodVar(index) => variable(true, *index),
        TypeSig::FunctionPointer(method) => TypeName::FunctionPointer {
            result: inner(&method.returns),
            parameters: method.params.iter().map(name).collect(),
        },
        TypeSig::Canonical => TypeName::named("System", "__Canon", ""),
        TypeSig::Modified(modified) => name(&modified.inner),
        TypeSig::Pinned(target) | TypeSig::Native(target) => name(target),
        TypeSig::InModule(module) => name(&module.inner),
    }
}

/// The name of a type that metadata defines or refers to, with those that it is nested in.
fn declared(metadata: Option<&Metadata<'_>>, token: Token) -> TypeName {
    let unknown = || TypeName::Unknown(format!("<type {:#010x}>", token.0).into());
    let Some(metadata) = metadata else { return unknown() };
    let mut namespace: Arc<str> = "".into();
    let mut path: Vec<Arc<str>> = Vec::new();
    for token in metadata.nesting(token) {
        let name = match token.table() {
            TableId::TypeDef => metadata.type_def_name(token.rid()),
            TableId::TypeRef => metadata.type_ref_name(token.rid()),
            _ => None,
        };
        let Some(name) = name else { return unknown() };
        namespace = (*name.namespace).into();
        path.push((*name.name).into());
    }
    if path.is_empty() {
        return unknown();
    }
    path.reverse();
    TypeName::Named { namespace, path, arguments: Vec::new(), assembly: "".into() }
}

/// Writes a type of a signature as the runtime itself writes it, `SigFormat` of
/// `src/coreclr/vm/sigformat.cpp`: primitive types without their namespace, nested types without those
/// around them, `ByRef` spelled out.
pub(super) fn write(name: &TypeName, out: &mut String) {
    match name {
        TypeName::Named { namespace, path, arguments, .. } => {
            let Some(last) = path.last() else { return };
            let bare = path.len() > 1 || namespace.is_empty() || is_primitive(namespace, last);
            if !bare {
                out.push_str(namespace);
                out.push('.');
            }
            out.push_str(last);
            for (place, argument) in arguments.iter().enumerate() {
                out.push(if place == 0 { '<' } else { ',' });
                write(argument, out);
            }
            if !arguments.is_empty() {
                out.push('>');
            }
        }
        TypeName::Array { element, rank, vector } => {
            write(element, out);
            out.push('[');
            if *rank == 1 && !vector {
                out.push('*');
            }
            out.extend((1..(*rank).min(64)).map(|_| ','));
            out.push(']');
        }
        TypeName::Pointer(target) => {
            write(target, out);
            out.push('*');
        }
        TypeName::ByRef(target) => {
            write(target, out);
            out.push_str(" ByRef");
        }
        other => out.push_str(&other.to_string_in(crate::types::NameStyle::Reflection)),
    }
}

/// Whether a type has an element type of its own in signatures, and is not a class.
fn is_primitive(namespace: &str, name: &str) -> bool {
    namespace == "System"
        && !matches!(name, "String" | "Object")
        && (1..=0x1c)
            .filter_map(Primitive::from_element_type)
            .any(|primitive| primitive.name() == name)
}
