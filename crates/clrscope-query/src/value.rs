//! What an answer holds.

use clrscope_memory::VirtAddr;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use crate::definition::ColumnKind;

/// A value of an answer, or of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// Yes or no: from a column of flags.
    Flag(bool),
    /// An address: from a column of addresses.
    Address(VirtAddr),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Value {
    /// The value of a column that is known to be of a kind.
    pub(crate) fn new(value: ValueRef<'_>, kind: Option<ColumnKind>) -> Value {
        match (value, kind) {
            (ValueRef::Null, _) => Value::Null,
            (ValueRef::Integer(bits), Some(ColumnKind::Address)) => {
                Value::Address(VirtAddr(bits.cast_unsigned()))
            }
            (ValueRef::Integer(flag @ (0 | 1)), Some(ColumnKind::Flag)) => Value::Flag(flag == 1),
            (ValueRef::Integer(number), _) => Value::Integer(number),
            (ValueRef::Real(number), _) => Value::Real(number),
            (ValueRef::Text(text), _) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            (ValueRef::Blob(bytes), _) => Value::Blob(bytes.to_vec()),
        }
    }

    /// A parameter as a person writes it: a number, a hexadecimal number behind `0x`, `null`, or text.
    pub fn parse(text: &str) -> Value {
        let hexadecimal = text.strip_prefix("0x").or(text.strip_prefix("0X"));
        if let Some(digits) = hexadecimal
            && !digits.starts_with(['+', '-'])
            && let Ok(bits) = u64::from_str_radix(digits, 16)
        {
            return Value::Integer(bits.cast_signed());
        }
        if text.eq_ignore_ascii_case("null") {
            return Value::Null;
        }
        if let Ok(number) = text.parse() {
            return Value::Integer(number);
        }
        // Words such as "inf" are numbers to Rust.
        match text.parse() {
            Ok(number) if text.contains(|c: char| c.is_ascii_digit()) => Value::Real(number),
            _ => Value::Text(text.to_owned()),
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn memory_bytes(&self) -> u64 {
        let beside = match self {
            Value::Text(text) => text.len(),
            Value::Blob(bytes) => bytes.len(),
            _ => 0,
        };
        (size_of::<Value>() + beside) as u64
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Flag(flag) => ValueRef::Integer((*flag).into()),
            Value::Address(address) => ValueRef::Integer(address.0.cast_signed()),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbers_where_they_look_like_numbers() {
        assert_eq!(Value::parse("12"), Value::Integer(12));
        assert_eq!(Value::parse("-12"), Value::Integer(-12));
        assert_eq!(Value::parse("0x1F"), Value::Integer(31));
        assert_eq!(Value::parse("0xffffffffffffffff"), Value::Integer(-1));
        assert_eq!(Value::parse("1.5"), Value::Real(1.5));
        assert_eq!(Value::parse("NULL"), Value::Null);
        for text in ["0x", "0x+1", "inf", "nan", "System.String", ""] {
            assert_eq!(Value::parse(text), Value::Text(text.to_owned()));
        }
    }
}
