//! Objects with their types.

use clrscope_memory::VirtAddr;
use thiserror::Error;

use super::place::Value;
use super::string::StringRef;
use crate::types::{Field, Type, TypeCategory, Types};

/// Bits of the first word of an object that the garbage collector uses while it works.
const MARK_BITS: u64 = 0x7;

/// Why there is no object at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// The capture does not hold the address.
    #[error("{0:#x} is not in the dump")]
    Absent(VirtAddr),
    /// Objects begin at multiples of the pointer width.
    #[error("{0:#x} is not aligned: no object begins there")]
    Unaligned(VirtAddr),
    /// The word there is no method table.
    #[error("no object is at {address:#x}: {word:#x} is no method table")]
    NoMethodTable {
        /// The address.
        address: VirtAddr,
        /// The word that is there.
        word: VirtAddr,
    },
}

/// An object. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct ObjectRef<'a, 'data> {
    pub(super) types: &'a Types<'data>,
    ty: Type<'a, 'data>,
    address: VirtAddr,
    /// All bytes from its start that lie in one piece of the capture.
    pub(super) bytes: &'data [u8],
}

impl<'data> Types<'data> {
    /// The object at an address. That an object *begins* there only a walk of the heap can say.
    ///
    /// # Errors
    /// If the capture does not hold the address, or no method table is there.
    pub fn object(&self, address: VirtAddr) -> Result<ObjectRef<'_, 'data>, ObjectError> {
        let pointer = self.pointer_bytes();
        if !address.is_aligned(pointer) {
            return Err(ObjectError::Unaligned(address));
        }
        let word = self.space().read_pointer(address).ok_or(ObjectError::Absent(address))?;
        let table = VirtAddr(word.0 & !(MARK_BITS & (pointer - 1)));
        let ty = self.get(table).filter(|ty| ty.category() != TypeCategory::Interface);
        let ty = ty.ok_or(ObjectError::NoMethodTable { address, word })?;
        Ok(ObjectRef { types: self, ty, address, bytes: self.space().contiguous(address) })
    }
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// Its address.
    pub fn address(&self) -> VirtAddr {
        self.address
    }

    /// Its type.
    pub fn ty(&self) -> &Type<'a, 'data> {
        &self.ty
    }

    /// Number of elements of an array, or characters of a string; `None` if it has none, or they are
    /// absent.
    pub fn components(&self) -> Option<u32> {
        if self.ty.component_size() == 0 {
            return None;
        }
        self.types.space().read_u32(self.address.wrapping_add(self.types.pointer_bytes()))
    }

    /// Its raw size in bytes, not rounded up to the alignment.
    pub fn size(&self) -> u64 {
        let components = u64::from(self.components().unwrap_or(0));
        let size = u64::from(self.ty.base_size());
        let size = size + u64::from(self.ty.component_size()) * components;
        size.max(3 * self.types.pointer_bytes())
    }

    /// The instance field of a name; where no field has it, the backing field of the property that has.
    pub fn field(&self, name: &str) -> Option<Value<'a, 'data>> {
        self.value_of(self.ty.field(name)?)
    }

    /// The instance field with the first of several names that the type has: names changed between
    /// runtimes.
    pub fn field_of(&self, names: &[&str]) -> Option<Value<'a, 'data>> {
        names.iter().find_map(|name| self.field(name))
    }

    /// All instance fields with their values, those of base types first.
    pub fn fields(&self) -> impl Iterator<Item = (&Field, Value<'a, 'data>)> {
        self.ty.fields().iter().filter_map(|field| Some((field, self.value_of(field)?)))
    }

    /// The value of one of its type's instance fields; `None` if the field has no place.
    pub fn value_of(&self, field: &Field) -> Option<Value<'a, 'data>> {
        self.content().inner(field)
    }

    /// The fields as if they were a struct.
    pub(super) fn content(&self) -> Value<'a, 'data> {
        let pointer = self.types.pointer_bytes();
        Value {
            types: self.types,
            address: self.address.wrapping_add(pointer),
            bytes: self.bytes.get(pointer as usize..).unwrap_or_default(),
            element: crate::types::ElementType::Struct,
            table: Some(self.ty.method_table()),
        }
    }

    /// The value in a box: of an object whose type is a primitive, an enum or a struct.
    pub fn unboxed(&self) -> Option<Value<'a, 'data>> {
        let is_value = matches!(
            self.ty.category(),
            TypeCategory::ValueType
                | TypeCategory::Nullable
                | TypeCategory::PrimitiveValueType
                | TypeCategory::Primitive
        );
        let element = self.ty.element_type()?;
        is_value.then(|| Value { element, ..self.content() })
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<StringRef<'data>> {
        self.ty.is_string().then(|| StringRef::read(self.types, self.address, self.bytes))?
    }
}

impl<'a, 'data> Value<'a, 'data> {
    /// The object that a reference leads to; `None` if it is null, and if no object is there.
    pub fn as_object(&self) -> Option<ObjectRef<'a, 'data>> {
        let target = self.reference().filter(|target| !target.is_null())?;
        self.types.object(target).ok()
    }

    /// The text of the string that a reference leads to.
    pub fn as_str(&self) -> Option<StringRef<'data>> {
        self.as_object()?.as_str()
    }
}
