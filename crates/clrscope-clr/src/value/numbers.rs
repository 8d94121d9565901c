//! Values that are numbers.

use super::place::Value;
use crate::types::ElementType;

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident $type:ty;)*) => {
        impl Value<'_, '_> {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> Option<$type> {
                    self.as_integer()?.try_into().ok()
                }
            )*
        }
    };
}

integers! {
    /// An integer of any width, if it fits.
    as_i8 i8;
    /// An integer of any width, if it fits.
    as_u8 u8;
    /// An integer of any width, if it fits.
    as_i16 i16;
    /// An integer of any width, if it fits.
    as_u16 u16;
    /// An integer of any width, if it fits.
    as_i32 i32;
    /// An integer of any width, if it fits.
    as_u32 u32;
    /// An integer of any width, if it fits.
    as_i64 i64;
    /// An integer of any width, if it fits.
    as_u64 u64;
}

impl Value<'_, '_> {
    /// An integer of any width and sign; characters and enums are integers too.
    pub fn as_integer(&self) -> Option<i128> {
        Some(match self.element {
            ElementType::Int8 => self.read().map(i8::from_le_bytes)?.into(),
            ElementType::UInt8 => self.read().map(u8::from_le_bytes)?.into(),
            ElementType::Int16 => self.read().map(i16::from_le_bytes)?.into(),
            ElementType::UInt16 | ElementType::Char => self.read().map(u16::from_le_bytes)?.into(),
            ElementType::Int32 => self.read().map(i32::from_le_bytes)?.into(),
            ElementType::UInt32 => self.read().map(u32::from_le_bytes)?.into(),
            ElementType::Int64 => self.read().map(i64::from_le_bytes)?.into(),
            ElementType::UInt64 => self.read().map(u64::from_le_bytes)?.into(),
            ElementType::NativeInt if self.types.pointer_bytes() == 4 => {
                self.read().map(i32::from_le_bytes)?.into()
            }
            ElementType::NativeInt => self.read().map(i64::from_le_bytes)?.into(),
            ElementType::NativeUInt => self.word()?.0.into(),
            _ => return None,
        })
    }

    /// A boolean. Any byte but zero is true.
    pub fn as_bool(&self) -> Option<bool> {
        let [byte] = if self.element == ElementType::Boolean { self.read()? } else { return None };
        Some(byte != 0)
    }

    /// A UTF-16 unit.
    pub fn as_char(&self) -> Option<u16> {
        if self.element == ElementType::Char { self.as_u16() } else { None }
    }

    /// A number with a fraction, of single precision.
    pub fn as_f32(&self) -> Option<f32> {
        if self.element == ElementType::Float { self.read().map(f32::from_le_bytes) } else { None }
    }

    /// A number with a fraction, of either precision.
    pub fn as_f64(&self) -> Option<f64> {
        match self.element {
            ElementType::Double => self.read().map(f64::from_le_bytes),
            _ => self.as_f32().map(f64::from),
        }
    }
}
