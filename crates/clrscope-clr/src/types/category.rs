//! What sort of type a method table stands for.

use crate::method_table::MethodTableHeader;

const CATEGORY_MASK: u32 = 0x000f_0000;
const ARRAY_MASK: u32 = 0x000c_0000;
const ARRAY: u32 = 0x0008_0000;
const VECTOR: u32 = 0x0002_0000;
const VALUE_TYPE: u32 = 0x0004_0000;
const NULLABLE: u32 = 0x0005_0000;
const PRIMITIVE_VALUE_TYPE: u32 = 0x0006_0000;
const TRUE_PRIMITIVE: u32 = 0x0007_0000;
const INTERFACE: u32 = 0x000c_0000;

/// What sort of type a method table stands for, as its flags have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeCategory {
    /// A class.
    Class,
    /// An interface.
    Interface,
    /// A struct that is none of the following.
    ValueType,
    /// `Nullable<T>`.
    Nullable,
    /// An enum, or another struct that is handled like the primitive type in it.
    PrimitiveValueType,
    /// A primitive type such as `Int32`.
    Primitive,
    /// An array of one dimension that begins at zero.
    Vector,
    /// Any other array.
    Array,
}

impl TypeCategory {
    /// The category that the flags of a method table say.
    pub(super) fn of(header: MethodTableHeader) -> TypeCategory {
        match header.flags & CATEGORY_MASK {
            category if category & ARRAY_MASK == ARRAY => {
                if category & VECTOR != 0 {
                    TypeCategory::Vector
                } else {
                    TypeCategory::Array
                }
            }
            category if category & ARRAY_MASK == INTERFACE => TypeCategory::Interface,
            NULLABLE => TypeCategory::Nullable,
            PRIMITIVE_VALUE_TYPE => TypeCategory::PrimitiveValueType,
            TRUE_PRIMITIVE => TypeCategory::Primitive,
            category if category & ARRAY_MASK == VALUE_TYPE => TypeCategory::ValueType,
            _ => TypeCategory::Class,
        }
    }

    /// Whether instances are arrays.
    pub const fn is_array(self) -> bool {
        matches!(self, TypeCategory::Vector | TypeCategory::Array)
    }

    /// Whether values are kept where they are used, without an object of their own.
    pub const fn is_value_type(self) -> bool {
        matches!(
            self,
            TypeCategory::ValueType
                | TypeCategory::Nullable
                | TypeCategory::PrimitiveValueType
                | TypeCategory::Primitive
        )
    }
}
