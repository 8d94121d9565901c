//! A place with a type.

use std::fmt;

use clrscope_memory::VirtAddr;

use crate::types::{ElementType, Field, Type, TypeCategory, Types};

/// A value in an object, an array, a struct or a static field. Reading it allocates nothing.
#[derive(Clone, Copy)]
pub struct Value<'a, 'data> {
    pub(super) types: &'a Types<'data>,
    pub(super) address: VirtAddr,
    /// All bytes from `address` that lie in one piece of the capture.
    pub(super) bytes: &'data [u8],
    pub(super) element: ElementType,
    pub(super) table: Option<VirtAddr>,
}

impl<'a, 'data> Value<'a, 'data> {
    /// The value at an address, of an element type, and of the type of a method table if that is known.
    pub fn at(
        types: &'a Types<'data>,
        address: VirtAddr,
        element: ElementType,
        table: Option<VirtAddr>,
    ) -> Value<'a, 'data> {
        Value { types, address, bytes: types.space().contiguous(address), element, table }
    }

    /// Where it is.
    pub fn address(&self) -> VirtAddr {
        self.address
    }

    /// What it is made of. An enum counts as the primitive type that it is made of.
    pub fn element_type(&self) -> ElementType {
        self.element
    }

    /// The type that its place was declared with, if the program has loaded that.
    pub fn ty(&self) -> Option<Type<'a, 'data>> {
        self.types.get(self.table?)
    }

    /// The first `N` bytes of the value.
    pub(super) fn read<const N: usize>(&self) -> Option<[u8; N]> {
        match self.bytes.first_chunk() {
            Some(bytes) => Some(*bytes),
            None => self.types.space().read_array(self.address),
        }
    }

    /// The word of a pointer or a reference.
    pub(super) fn word(&self) -> Option<VirtAddr> {
        match self.types.pointer_bytes() {
            4 => self.read().map(|bytes| VirtAddr(u32::from_le_bytes(bytes).into())),
            _ => self.read().map(|bytes| VirtAddr(u64::from_le_bytes(bytes))),
        }
    }

    /// The field of this struct that `field` describes.
    pub(super) fn inner(&self, field: &Field) -> Option<Value<'a, 'data>> {
        let offset = field.offset()?;
        Some(Value {
            types: self.types,
            address: self.address.wrapping_add(offset.into()),
            bytes: self.bytes.get(offset as usize..).unwrap_or_default(),
            element: field.element_type(),
            table: field.type_table(),
        })
    }

    /// The field of a struct.
    pub fn field(&self, name: &str) -> Option<Value<'a, 'data>> {
        self.inner(self.structure()?.field(name)?)
    }

    /// The field of a struct with the first of several names that its type has.
    pub fn field_of(&self, names: &[&str]) -> Option<Value<'a, 'data>> {
        names.iter().find_map(|name| self.field(name))
    }

    /// The type of a struct: what has the fields. Give it to [`Value::value_of`].
    pub fn structure(&self) -> Option<Type<'a, 'data>> {
        if self.element == ElementType::Struct { self.ty() } else { None }
    }

    /// The value of one of the fields of [`Value::structure`].
    pub fn value_of(&self, field: &Field) -> Option<Value<'a, 'data>> {
        self.inner(field)
    }

    /// Where a reference leads; null if nowhere. `None` if it is no reference, or absent.
    pub fn reference(&self) -> Option<VirtAddr> {
        if self.element.is_reference() { self.word() } else { None }
    }

    /// Whether it is a reference that leads nowhere, or a nullable without a value.
    pub fn is_null(&self) -> bool {
        self.reference().is_some_and(VirtAddr::is_null)
            || self.as_nullable().is_some_and(|inner| inner.is_none())
    }

    /// What a pointer points to, in the managed heap or outside it.
    pub fn as_pointer(&self) -> Option<VirtAddr> {
        matches!(
            self.element,
            ElementType::Pointer
                | ElementType::ByRef
                | ElementType::FunctionPointer
                | ElementType::NativeInt
                | ElementType::NativeUInt
        )
        .then(|| self.word())?
    }

    /// The value in a nullable, if it has one; `None` if this is no nullable, or cannot be read.
    pub fn as_nullable(&self) -> Option<Option<Value<'a, 'data>>> {
        let ty = self.structure().filter(|ty| ty.category() == TypeCategory::Nullable)?;
        let has_value = self.inner(ty.field("hasValue")?)?.as_bool()?;
        if !has_value {
            return Some(None);
        }
        self.inner(ty.field("value")?).map(Some)
    }
}

impl fmt::Debug for Value<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Value")
            .field("address", &self.address)
            .field("element", &self.element)
            .finish_non_exhaustive()
    }
}
