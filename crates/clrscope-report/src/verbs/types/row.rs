//! What is said of a type.

use clrscope_clr::{EnumInfo, NameStyle, Type, TypeCategory};
use serde::Serialize;

use crate::number::Address;
use crate::verbs::dumpobj::FieldRow;
use crate::verbs::methods::MethodEntry;

// Bits of TypeAttributes, ECMA-335 II.23.1.15.
const VISIBILITY: u32 = 0x7;
const ABSTRACT: u32 = 0x80;
const SEALED: u32 = 0x100;

/// A member of an enum.
#[derive(Debug, Clone, Serialize)]
pub struct EnumMemberRow {
    /// Its name.
    pub name: String,
    /// Its number.
    pub value: i128,
}

/// What an enum is made of.
#[derive(Debug, Clone, Serialize)]
pub struct EnumRow {
    /// The primitive type that it is made of.
    pub underlying: String,
    /// Whether values are sets of bits.
    pub flags: bool,
    /// Its members in the order of their declaration.
    pub members: Vec<EnumMemberRow>,
}

impl EnumRow {
    fn new(info: &EnumInfo) -> EnumRow {
        let members = info
            .members
            .iter()
            .map(|member| EnumMemberRow { name: member.name.to_string(), value: member.value });
        EnumRow {
            underlying: format!("{:?}", info.underlying),
            flags: info.is_flags,
            members: members.collect(),
        }
    }
}

/// A type.
#[derive(Debug, Clone, Serialize)]
pub struct TypeRow {
    /// Its method table.
    pub mt: Address,
    /// Its `EEClass`.
    pub class: Option<Address>,
    /// Method table of the type that it derives from.
    pub parent: Option<Address>,
    /// The runtime's structure of the module that declares it.
    pub module: Option<Address>,
    /// Its token; arrays have none.
    pub token: Option<Address>,
    /// Its name.
    pub name: String,
    /// `class`, `exception`, `delegate`, `interface`, `struct`, `enum`, `nullable`, `primitive` or `array`.
    pub kind: &'static str,
    /// Who may use it: `public`, `internal`...
    pub visibility: Option<&'static str>,
    /// `abstract`, `sealed` or `static`.
    pub modifier: Option<&'static str>,
    /// Name of the type that it derives from.
    pub base: Option<String>,
    /// File name of the module.
    pub file: Option<String>,
    /// Bytes of an instance without components.
    pub base_size: u32,
    /// Bytes of a component.
    pub component_size: u32,
    /// Number of interfaces that it implements.
    pub interfaces: u64,
    /// Their names.
    pub interface_names: Vec<String>,
    /// Names of its generic arguments, those of the types around it included.
    pub generic_arguments: Vec<String>,
    /// Of an array, the name of the elements' type.
    pub element: Option<String>,
    /// Of an array, the number of dimensions.
    pub rank: Option<u32>,
    /// Of an enum, what it is made of.
    #[serde(rename = "enum")]
    pub enumeration: Option<EnumRow>,
    /// Number of instance fields, those of base types included.
    pub instance_fields: u64,
    /// Number of static fields.
    pub static_fields: u64,
    /// `TypeAttributes`.
    pub attributes: Option<Address>,
    /// The load context of its module, a managed object, unless that is the default one.
    pub alc: Option<Address>,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Whether instances have a finalizer.
    pub finalizer: bool,
    /// Its fields, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldRow>>,
    /// Its methods, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<MethodEntry>,
}

impl TypeRow {
    /// Says what `ty` is, `with_fields` or without. Methods are left out.
    pub fn new(ty: &Type<'_, '_>, style: NameStyle, with_fields: bool) -> TypeRow {
        let module = ty.module();
        let attributes = ty.attributes();
        let names = |handles: Vec<_>| -> Vec<String> {
            let name = |handle| ty.types().handle_name(handle).to_string_in(style);
            handles.into_iter().map(name).collect()
        };
        let interfaces = ty.interfaces();
        let array = ty.array();
        TypeRow {
            mt: ty.method_table().into(),
            class: ty.class().map(Address::from),
            parent: ty.base().map(|base| base.method_table().into()),
            module: module.as_ref().map(|module| module.address().into()),
            token: ty.token().map(|token| Address(token.0.into())),
            name: ty.name_in(style),
            kind: kind(ty),
            visibility: attributes.map(visibility),
            modifier: attributes.and_then(|attributes| modifier(ty, attributes)),
            base: ty.base().map(|base| base.name_in(style)),
            base_size: ty.base_size(),
            component_size: ty.component_size(),
            interfaces: interfaces.len() as u64,
            interface_names: names(interfaces),
            generic_arguments: names(ty.generic_arguments()),
            element: array.map(|array| ty.types().handle_name(array.element).to_string_in(style)),
            rank: array.map(|array| array.rank),
            enumeration: ty.enum_info().map(|info| EnumRow::new(&info)),
            instance_fields: ty.fields().len() as u64,
            static_fields: ty.statics().count() as u64,
            attributes: attributes.map(|attributes| Address(attributes.into())),
            alc: module.as_ref().and_then(|module| module.load_context()).map(Address::from),
            file: module.map(|module| module.file_name().to_owned()),
            collectible: ty.is_collectible(),
            finalizer: ty.has_finalizer(),
            fields: with_fields.then(|| FieldRow::of_type(ty, style)),
            methods: Vec::new(),
        }
    }
}

fn kind(ty: &Type<'_, '_>) -> &'static str {
    match ty.category() {
        TypeCategory::Interface => "interface",
        TypeCategory::Vector | TypeCategory::Array => "array",
        TypeCategory::Nullable => "nullable",
        TypeCategory::Primitive => "primitive",
        TypeCategory::PrimitiveValueType if ty.is_enum() => "enum",
        TypeCategory::ValueType | TypeCategory::PrimitiveValueType => "struct",
        TypeCategory::Class if ty.is_delegate() => "delegate",
        TypeCategory::Class if ty.is_exception() => "exception",
        TypeCategory::Class => "class",
    }
}

fn visibility(attributes: u32) -> &'static str {
    match attributes & VISIBILITY {
        1 | 2 => "public",
        3 => "private",
        4 => "protected",
        6 => "private protected",
        7 => "protected internal",
        _ => "internal",
    }
}

/// Structs are sealed and interfaces abstract: that need not be said.
fn modifier(ty: &Type<'_, '_>, attributes: u32) -> Option<&'static str> {
    if ty.category() != TypeCategory::Class {
        return None;
    }
    match (attributes & ABSTRACT != 0, attributes & SEALED != 0) {
        (true, true) => Some("static"),
        (true, false) => Some("abstract"),
        (false, true) => Some("sealed"),
        (false, false) => None,
    }
}
