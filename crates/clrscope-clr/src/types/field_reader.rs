//! Reading the fields that a type declares.

use std::sync::Arc;

use clrscope_image::rows::Field as FieldRow;
use clrscope_image::{SignatureReader, TableId, Token, TypeSig};
use clrscope_memory::VirtAddr;

use super::category::TypeCategory;
use super::element_type::ElementType;
use super::field::{Field, FieldKind};
use super::field_desc::FieldDesc;
use super::name::TypeName;
use super::resolve::{Resolved, Resolver};
use super::store::Types;
use crate::modules::Module;

/// `FieldAttributes.Literal` (ECMA-335 II.23.1.5).
const LITERAL: u16 = 0x40;

impl<'data> Types<'data> {
    /// The fields that a type declares itself: instance fields, statics, and constants.
    pub(super) fn read_fields(&self, table: VirtAddr) -> Vec<Field> {
        let descs = self.reader.field_descs(table);
        let address = self.reader.module(table);
        let module = address.and_then(|address| self.modules().at(address));
        let arguments = self.reader.generic_arguments(table).unwrap_or_default();
        let mut fields: Vec<Field> = descs
            .iter()
            .filter_map(|desc| self.read_field(table, desc, module.as_deref(), &arguments))
            .collect();
        if let Some(module) = &module
            && let Some(rid) = self.reader.rid(table)
        {
            self.read_literals(table, module, rid, &arguments, &mut fields);
        }
        fields
    }

    fn read_field(
        &self,
        table: VirtAddr,
        desc: &FieldDesc,
        module: Option<&Module<'data>>,
        arguments: &[VirtAddr],
    ) -> Option<Field> {
        let token = Token::new(TableId::Field, desc.rid);
        let metadata = module.and_then(Module::metadata);
        let row = metadata.as_ref().and_then(|metadata| metadata.row_of::<FieldRow>(token));
        let (name, attributes, signed) = match (module, &metadata, row) {
            (Some(module), Some(metadata), Some(row)) => {
                let sig = SignatureReader::new(metadata.blob(row.signature)).field().ok();
                let resolver = Resolver { types: self, module, arguments };
                let resolved = sig.as_ref().map(|sig| resolver.resolve(metadata, sig));
                (Arc::from(&*metadata.string(row.name)), row.flags, sig.zip(resolved))
            }
            _ => (format!("<field {token}>").into(), 0, None),
        };
        let element = self.element_of(desc.element, signed.as_ref())?;
        let kind = match desc {
            FieldDesc { is_thread_static: true, .. } => FieldKind::ThreadStatic,
            FieldDesc { is_rva: true, .. } => FieldKind::Rva,
            FieldDesc { is_static: true, .. } => FieldKind::Static,
            _ => FieldKind::Instance,
        };
        let type_table = signed.as_ref().and_then(|(_, resolved)| resolved.table);
        let type_name = signed.map(|(_, resolved)| resolved.name);
        Some(Field {
            name,
            token,
            declaring: table,
            attributes,
            kind,
            offset: desc.offset,
            element,
            type_name: Arc::new(type_name.unwrap_or_else(|| nameless(element))),
            type_table,
            size: self.size_of(element, type_table),
        })
    }

    /// Constants have no description: the runtime never needs them.
    fn read_literals(
        &self,
        table: VirtAddr,
        module: &Module<'data>,
        rid: u32,
        arguments: &[VirtAddr],
        fields: &mut Vec<Field>,
    ) {
        let Some(metadata) = module.metadata() else { return };
        for rid in metadata.fields(rid) {
            let Some(row) = metadata.row::<FieldRow>(rid) else { continue };
            if row.flags & LITERAL == 0 {
                continue;
            }
            let sig = SignatureReader::new(metadata.blob(row.signature)).field().ok();
            let resolver = Resolver { types: self, module, arguments };
            let Some(signed) = sig.map(|sig| (sig.clone(), resolver.resolve(&metadata, &sig)))
            else {
                continue;
            };
            let Some(element) = self.element_of(None, Some(&signed)) else { continue };
            let type_table = signed.1.table;
            fields.push(Field {
                name: Arc::from(&*metadata.string(row.name)),
                token: Token::new(TableId::Field, rid),
                declaring: table,
                attributes: row.flags,
                kind: FieldKind::Literal,
                offset: None,
                element,
                type_name: Arc::new(signed.1.name),
                type_table,
                size: self.size_of(element, type_table),
            });
        }
    }

    /// The description knows the exact primitive of an enum, the signature the exact reference.
    fn element_of(
        &self,
        described: Option<ElementType>,
        signed: Option<&(TypeSig, Resolved)>,
    ) -> Option<ElementType> {
        let Some((sig, resolved)) = signed else { return described };
        let by_table = || self.category_element(resolved.table?);
        let from_sig = match sig.unmodified() {
            TypeSig::Primitive(primitive) => Some(ElementType::from(*primitive)),
            TypeSig::Class(_) => Some(ElementType::Class),
            TypeSig::SzArray(_) => Some(ElementType::SzArray),
            TypeSig::Array(_) => Some(ElementType::Array),
            TypeSig::Pointer(_) => Some(ElementType::Pointer),
            TypeSig::ByRef(_) => Some(ElementType::ByRef),
            TypeSig::FunctionPointer(_) => Some(ElementType::FunctionPointer),
            TypeSig::ValueType(_) | TypeSig::Generic(_) | TypeSig::TypeVar(_) => by_table(),
            _ => None,
        };
        match (described, from_sig) {
            // All references are described as classes.
            (Some(ElementType::Class), Some(exact)) if exact.is_reference() => Some(exact),
            // Pointers are described as native integers.
            (Some(_), Some(exact @ (ElementType::Pointer | ElementType::FunctionPointer))) => {
                Some(exact)
            }
            (Some(described), _) => Some(described),
            (None, from_sig) => from_sig,
        }
    }

    /// What a value of the type of a method table is.
    pub(super) fn category_element(&self, table: VirtAddr) -> Option<ElementType> {
        if self.core_type("System", "String") == Some(table) {
            return Some(ElementType::String);
        }
        if self.core_type("System", "Object") == Some(table) {
            return Some(ElementType::Object);
        }
        Some(match self.category(table)? {
            TypeCategory::Class | TypeCategory::Interface => ElementType::Class,
            TypeCategory::Vector => ElementType::SzArray,
            TypeCategory::Array => ElementType::Array,
            TypeCategory::ValueType | TypeCategory::Nullable => ElementType::Struct,
            TypeCategory::PrimitiveValueType | TypeCategory::Primitive => {
                let class = self.reader.tables.class(table)?;
                let place = class.wrapping_add(self.reader.offsets.norm_type?);
                let element = ElementType::from_number(self.reader.space().read_u8(place)?)?;
                // Structs of one primitive field are handled like it (on x86), and stay structs.
                let is_enum = || self.is_enum(table);
                let is_primitive = self.category(table) == Some(TypeCategory::Primitive);
                if is_primitive || is_enum() { element } else { ElementType::Struct }
            }
        })
    }

    fn size_of(&self, element: ElementType, table: Option<VirtAddr>) -> Option<u64> {
        element.size(self.reader.offsets.pointer).or_else(|| self.reader.field_bytes(table?))
    }
}

/// What to call the type of a field without metadata.
fn nameless(element: ElementType) -> TypeName {
    TypeName::Unknown(format!("<{element:?}>").into())
}
