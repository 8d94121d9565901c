//! What signatures say.

use crate::metadata::Token;

/// A type that the runtime knows by itself: an element type of one byte.
///
/// The numbers are those of `CorElementType`, ECMA-335 II.23.1.16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Primitive {
    Void = 0x01,
    Boolean = 0x02,
    Char = 0x03,
    I1 = 0x04,
    U1 = 0x05,
    I2 = 0x06,
    U2 = 0x07,
    I4 = 0x08,
    U4 = 0x09,
    I8 = 0x0a,
    U8 = 0x0b,
    R4 = 0x0c,
    R8 = 0x0d,
    String = 0x0e,
    TypedByRef = 0x16,
    IntPtr = 0x18,
    UIntPtr = 0x19,
    Object = 0x1c,
}

impl Primitive {
    /// The primitive with an element type.
    pub const fn from_element_type(element: u8) -> Option<Primitive> {
        Some(match element {
            0x01 => Primitive::Void,
            0x02 => Primitive::Boolean,
            0x03 => Primitive::Char,
            0x04 => Primitive::I1,
            0x05 => Primitive::U1,
            0x06 => Primitive::I2,
            0x07 => Primitive::U2,
            0x08 => Primitive::I4,
            0x09 => Primitive::U4,
            0x0a => Primitive::I8,
            0x0b => Primitive::U8,
            0x0c => Primitive::R4,
            0x0d => Primitive::R8,
            0x0e => Primitive::String,
            0x16 => Primitive::TypedByRef,
            0x18 => Primitive::IntPtr,
            0x19 => Primitive::UIntPtr,
            0x1c => Primitive::Object,
            _ => return None,
        })
    }

    /// Name of the type in the namespace `System`.
    pub const fn name(self) -> &'static str {
        match self {
            Primitive::Void => "Void",
            Primitive::Boolean => "Boolean",
            Primitive::Char => "Char",
            Primitive::I1 => "SByte",
            Primitive::U1 => "Byte",
            Primitive::I2 => "Int16",
            Primitive::U2 => "UInt16",
            Primitive::I4 => "Int32",
            Primitive::U4 => "UInt32",
            Primitive::I8 => "Int64",
            Primitive::U8 => "UInt64",
            Primitive::R4 => "Single",
            Primitive::R8 => "Double",
            Primitive::String => "String",
            Primitive::TypedByRef => "TypedReference",
            Primitive::IntPtr => "IntPtr",
            Primitive::UIntPtr => "UIntPtr",
            Primitive::Object => "Object",
        }
    }
}

/// A type as a signature says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TypeSig {
    /// A type that the runtime knows by itself.
    Primitive(Primitive),
    /// A class or interface: TypeDef, TypeRef or TypeSpec.
    Class(Token),
    /// A value type: TypeDef, TypeRef or TypeSpec.
    ValueType(Token),
    /// A type by the address of the runtime's structure for it, in signatures that the runtime makes
    /// for itself.
    Internal(u64),
    /// An unmanaged pointer.
    Pointer(Box<TypeSig>),
    /// A managed pointer.
    ByRef(Box<TypeSig>),
    /// An array with one dimension that begins at 0.
    SzArray(Box<TypeSig>),
    /// Any other array.
    Array(Box<ArraySig>),
    /// A generic type with its arguments.
    Generic(Box<GenericSig>),
    /// The type's generic parameter of a number.
    TypeVar(u32),
    /// The method's generic parameter of a number.
    MethodVar(u32),
    /// A pointer to a function.
    FunctionPointer(Box<MethodSig>),
    /// A type with a custom modifier.
    Modified(Box<ModifiedSig>),
    /// A local variable whose object is not moved.
    Pinned(Box<TypeSig>),
    /// `System.__Canon`, which stands for any reference type in shared generic code. Only in signatures
    /// of ReadyToRun.
    Canonical,
    /// A type whose tokens are of another module. Only in signatures of ReadyToRun.
    InModule(Box<ModuleSig>),
    /// A value type as native code sees it. Only in signatures of ReadyToRun.
    Native(Box<TypeSig>),
}

impl TypeSig {
    /// The type without custom modifiers and pinning around it.
    pub fn unmodified(&self) -> &TypeSig {
        let mut current = self;
        loop {
            current = match current {
                TypeSig::Modified(modified) => &modified.inner,
                TypeSig::Pinned(inner) => inner,
                other => return other,
            };
        }
    }

    /// Calls `visit` with this type and each within it, outer ones first.
    pub fn visit(&self, visit: &mut impl FnMut(&TypeSig)) {
        visit(self);
        match self {
            TypeSig::Primitive(_)
            | TypeSig::Class(_)
            | TypeSig::ValueType(_)
            | TypeSig::Internal(_)
            | TypeSig::Canonical
            | TypeSig::TypeVar(_)
            | TypeSig::MethodVar(_) => {}
            TypeSig::Pointer(inner)
            | TypeSig::ByRef(inner)
            | TypeSig::SzArray(inner)
            | TypeSig::Native(inner)
            | TypeSig::Pinned(inner) => inner.visit(visit),
            TypeSig::InModule(module) => module.inner.visit(visit),
            TypeSig::Array(array) => array.element.visit(visit),
            TypeSig::Modified(modified) => modified.inner.visit(visit),
            TypeSig::Generic(generic) => {
                generic.definition.visit(visit);
                generic.arguments.iter().for_each(|argument| argument.visit(visit));
            }
            TypeSig::FunctionPointer(method) => {
                method.returns.visit(visit);
                method.params.iter().for_each(|param| param.visit(visit));
            }
        }
    }
}

/// An array that has more than one dimension, or one that need not begin at 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ArraySig {
    /// Type of the elements.
    pub element: TypeSig,
    /// How many dimensions.
    pub rank: u32,
    /// Lengths of the first dimensions, as many as are fixed.
    pub sizes: Vec<u32>,
    /// Lowest indexes of the first dimensions, as many as are fixed.
    pub lower_bounds: Vec<i32>,
}

/// A generic type with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GenericSig {
    /// The generic type: `Class`, `ValueType` or `Internal`, or one of these of another module.
    pub definition: TypeSig,
    /// Its arguments.
    pub arguments: Vec<TypeSig>,
}

/// A type with a custom modifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModifiedSig {
    /// Whether one must know the modifier to use the type (`modreq`).
    pub is_required: bool,
    /// The modifier: `Class`, or `Internal`.
    pub modifier: TypeSig,
    /// The type.
    pub inner: TypeSig,
}

/// A type whose tokens are of another module.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModuleSig {
    /// Number of the module: 0 is the image itself, then its references to assemblies, then those of
    /// its manifest.
    pub module: u32,
    /// The type.
    pub inner: TypeSig,
}

/// A method as a signature says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MethodSig {
    /// Calling convention and flags: see the constants.
    pub convention: u8,
    /// How many generic parameters it has.
    pub generic_count: u32,
    /// What it returns.
    pub returns: TypeSig,
    /// Its parameters, without `this` unless that is explicit.
    pub params: Vec<TypeSig>,
    /// How many of the parameters are fixed, if it is a call with variable ones.
    pub sentinel: Option<usize>,
}

impl MethodSig {
    /// The calling convention's bits of `convention`.
    pub const KIND_MASK: u8 = 0x0f;
    /// `VARARG`.
    pub const VARARG: u8 = 0x05;
    /// `GENERIC`: it has generic parameters.
    pub const GENERIC: u8 = 0x10;
    /// `HASTHIS`: it has a `this`.
    pub const HAS_THIS: u8 = 0x20;
    /// `EXPLICITTHIS`: `this` is the first parameter.
    pub const EXPLICIT_THIS: u8 = 0x40;

    /// Whether it has a `this`, explicit or not.
    pub fn has_this(&self) -> bool {
        self.convention & Self::HAS_THIS != 0
    }
}

/// A property as a signature says it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PropertySig {
    /// Whether it has a `this`.
    pub has_this: bool,
    /// Its type.
    pub ty: TypeSig,
    /// Its parameters, if it is an indexer.
    pub params: Vec<TypeSig>,
}
