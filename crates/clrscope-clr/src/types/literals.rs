//! Reading constants: of enums, and of literal fields.

use std::sync::Arc;

use clrscope_image::rows::Constant as ConstantRow;
use clrscope_image::{TableId, Token};

use super::constant::{Constant, EnumInfo, EnumMember};
use super::element_type::ElementType;
use super::field::{Field, FieldKind};
use super::ty::Type;

impl Type<'_, '_> {
    /// The value of a constant field; `None` if it is none, or its metadata is absent.
    pub fn constant(&self, field: &Field) -> Option<Constant> {
        if field.kind != FieldKind::Literal {
            return None;
        }
        let module = self.module()?;
        let metadata = module.metadata()?;
        let row = metadata.constant(field.token)?;
        decode(row, metadata.blob(row.value))
    }

    /// What an enum consists of; `None` if it is none.
    pub fn enum_info(&self) -> Option<Arc<EnumInfo>> {
        let found = self.kept().enum_info.get_or_init(|| self.read_enum().map(Arc::new));
        found.clone()
    }

    fn read_enum(&self) -> Option<EnumInfo> {
        if !self.is_enum() {
            return None;
        }
        let members = self
            .own_fields()
            .iter()
            .filter_map(|field| match self.constant(field)? {
                Constant::Integer(value) => Some(EnumMember { name: field.name.clone(), value }),
                _ => None,
            })
            .collect();
        let is_flags = self.module().is_some_and(|module| {
            module.metadata().is_some_and(|metadata| {
                let token = self.token().unwrap_or(Token::new(TableId::TypeDef, 0));
                metadata.has_attribute(token, "System", "FlagsAttribute")
            })
        });
        Some(EnumInfo { underlying: self.element_type()?, is_flags, members })
    }
}

/// ECMA-335 II.22.9: the value is little-endian, a string is UTF-16.
fn decode(row: ConstantRow, bytes: &[u8]) -> Option<Constant> {
    let element = ElementType::from_number(row.kind as u8)?;
    let unsigned = |length: usize| {
        let bytes = bytes.get(..length)?;
        Some(bytes.iter().rev().fold(0u64, |value, &byte| value << 8 | u64::from(byte)))
    };
    let integer = |value: i128| Some(Constant::Integer(value));
    match element {
        ElementType::Boolean | ElementType::UInt8 => integer(unsigned(1)?.into()),
        ElementType::Int8 => integer((unsigned(1)? as i8).into()),
        ElementType::Char | ElementType::UInt16 => integer(unsigned(2)?.into()),
        ElementType::Int16 => integer((unsigned(2)? as i16).into()),
        ElementType::UInt32 => integer(unsigned(4)?.into()),
        ElementType::Int32 => integer((unsigned(4)? as i32).into()),
        ElementType::UInt64 => integer(unsigned(8)?.into()),
        ElementType::Int64 => integer((unsigned(8)? as i64).into()),
        ElementType::Float => Some(Constant::Float(f32::from_bits(unsigned(4)? as u32).into())),
        ElementType::Double => Some(Constant::Float(f64::from_bits(unsigned(8)?))),
        ElementType::String => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            Some(Constant::String(String::from_utf16_lossy(&units.collect::<Vec<u16>>())))
        }
        ElementType::Class => Some(Constant::Null),
        _ => None,
    }
}
