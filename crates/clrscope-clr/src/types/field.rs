//! Fields of types.

use std::sync::Arc;

use clrscope_image::Token;
use clrscope_memory::VirtAddr;

use super::element_type::ElementType;
use super::name::TypeName;

/// Where the value of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// In every instance.
    Instance,
    /// In one place.
    Static,
    /// In one place for each thread.
    ThreadStatic,
    /// In the image of the module, where its first value was.
    Rva,
    /// In metadata only: a constant.
    Literal,
}

/// A field of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    pub(super) name: Arc<str>,
    pub(super) token: Token,
    pub(super) declaring: VirtAddr,
    pub(super) attributes: u16,
    pub(super) kind: FieldKind,
    pub(super) offset: Option<u32>,
    pub(super) element: ElementType,
    pub(super) type_name: Arc<TypeName>,
    pub(super) type_table: Option<VirtAddr>,
    pub(super) size: Option<u64>,
}

impl Field {
    /// Its name. If the capture does not hold the metadata, its token.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name that its author gave it: of a property's backing field, that of the property.
    pub fn display_name(&self) -> &str {
        let property =
            self.name.strip_prefix('<').and_then(|rest| rest.strip_suffix(">k__BackingField"));
        property.unwrap_or(&self.name)
    }

    /// Its token in the module that declares it.
    pub fn token(&self) -> Token {
        self.token
    }

    /// Method table of the type that declares it.
    pub fn declaring_type(&self) -> VirtAddr {
        self.declaring
    }

    /// `FieldAttributes`, ECMA-335 II.23.1.5.
    pub fn attributes(&self) -> u16 {
        self.attributes
    }

    /// Where its value is.
    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// Of an instance field, bytes behind the method table pointer of an object, or from the start of
    /// a value; of a static one, bytes from the base of its kind. `None` if it has no place.
    pub fn offset(&self) -> Option<u32> {
        self.offset
    }

    /// What it holds. An enum counts as the primitive type that it is made of.
    pub fn element_type(&self) -> ElementType {
        self.element
    }

    /// Name of its type.
    pub fn type_name(&self) -> &TypeName {
        &self.type_name
    }

    /// Method table of its type, if the program has loaded it. For a generic type over references, it
    /// can be the one that all such share.
    pub fn type_table(&self) -> Option<VirtAddr> {
        self.type_table
    }

    /// Bytes that its value takes; `None` for a struct whose type is not known.
    pub fn size(&self) -> Option<u64> {
        self.size
    }
}
