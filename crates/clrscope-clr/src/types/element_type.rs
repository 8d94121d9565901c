//! What a value is made of.

use clrscope_image::Primitive;

/// What a field or an array element holds: `CorElementType`, ECMA-335 II.23.1.16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum ElementType {
    Void = 0x01,
    Boolean = 0x02,
    Char = 0x03,
    Int8 = 0x04,
    UInt8 = 0x05,
    Int16 = 0x06,
    UInt16 = 0x07,
    Int32 = 0x08,
    UInt32 = 0x09,
    Int64 = 0x0a,
    UInt64 = 0x0b,
    Float = 0x0c,
    Double = 0x0d,
    String = 0x0e,
    Pointer = 0x0f,
    ByRef = 0x10,
    Struct = 0x11,
    Class = 0x12,
    Array = 0x14,
    NativeInt = 0x18,
    NativeUInt = 0x19,
    FunctionPointer = 0x1b,
    Object = 0x1c,
    SzArray = 0x1d,
}

impl ElementType {
    /// The element type of a number.
    pub const fn from_number(number: u8) -> Option<ElementType> {
        use ElementType::*;
        const ALL: [ElementType; 24] = [
            Void,
            Boolean,
            Char,
            Int8,
            UInt8,
            Int16,
            UInt16,
            Int32,
            UInt32,
            Int64,
            UInt64,
            Float,
            Double,
            String,
            Pointer,
            ByRef,
            Struct,
            Class,
            Array,
            NativeInt,
            NativeUInt,
            FunctionPointer,
            Object,
            SzArray,
        ];
        let mut index = 0;
        while index < ALL.len() {
            if ALL[index] as u8 == number {
                return Some(ALL[index]);
            }
            index += 1;
        }
        None
    }

    /// Whether it is a reference to an object.
    pub const fn is_reference(self) -> bool {
        matches!(
            self,
            ElementType::String
                | ElementType::Class
                | ElementType::Array
                | ElementType::Object
                | ElementType::SzArray
        )
    }

    /// Bytes that a value takes; `None` for structs, whose type says it.
    pub const fn size(self, pointer: u64) -> Option<u64> {
        Some(match self {
            ElementType::Struct => return None,
            ElementType::Void => 0,
            ElementType::Boolean | ElementType::Int8 | ElementType::UInt8 => 1,
            ElementType::Char | ElementType::Int16 | ElementType::UInt16 => 2,
            ElementType::Int32 | ElementType::UInt32 | ElementType::Float => 4,
            ElementType::Int64 | ElementType::UInt64 | ElementType::Double => 8,
            _ => pointer,
        })
    }
}

impl From<Primitive> for ElementType {
    fn from(primitive: Primitive) -> ElementType {
        // A typed reference is a struct of two pointers.
        ElementType::from_number(primitive as u8).unwrap_or(ElementType::Struct)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard() {
        assert_eq!(ElementType::from_number(0x1d), Some(ElementType::SzArray));
        assert_eq!(ElementType::from_number(0x0e), Some(ElementType::String));
        assert_eq!(ElementType::from_number(0x15), None);
        assert_eq!(ElementType::from(Primitive::U2), ElementType::UInt16);
        assert_eq!(ElementType::from(Primitive::TypedByRef), ElementType::Struct);
    }
}
