//! Constants: of enums, and of literal fields.

use std::fmt;
use std::sync::Arc;

use super::element_type::ElementType;

/// The value of a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// An integer, a character, or a boolean as 0 and 1.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A string.
    String(String),
    /// No object.
    Null,
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Constant::Integer(number) => write!(f, "{number}"),
            Constant::Float(number) => write!(f, "{number}"),
            Constant::String(text) => write!(f, "\"{text}\""),
            Constant::Null => f.write_str("null"),
        }
    }
}

/// A member of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumMember {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, with the sign that the enum's primitive type gives it.
    pub value: i128,
}

/// What an enum consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumInfo {
    /// The primitive type that it is made of.
    pub underlying: ElementType,
    /// Whether values are sets of bits (`[Flags]`).
    pub is_flags: bool,
    /// Its members in the order of their declaration.
    pub members: Vec<EnumMember>,
}

impl EnumInfo {
    /// What `Enum.ToString` writes for a value: the name of the member; of flags, the names of
    /// members that make the value up; otherwise the number.
    pub fn display(&self, value: i128) -> String {
        if let Some(member) = self.members.iter().find(|member| member.value == value) {
            return member.name.to_string();
        }
        let mut left = value;
        let mut names = Vec::new();
        if self.is_flags && value != 0 {
            let mut members: Vec<&EnumMember> =
                self.members.iter().filter(|member| member.value != 0).collect();
            members.sort_by_key(|member| std::cmp::Reverse(member.value));
            for member in members {
                if left & member.value == member.value {
                    left &= !member.value;
                    names.push(&*member.name);
                }
            }
        }
        if left != 0 || names.is_empty() {
            return value.to_string();
        }
        names.reverse();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(members: &[(&str, i128)]) -> EnumInfo {
        let members = members.iter();
        EnumInfo {
            underlying: ElementType::Int32,
            is_flags: true,
            members: members
                .map(|&(name, value)| EnumMember { name: name.into(), value })
                .collect(),
        }
    }

    #[test]
    fn flags_are_written_as_enum_to_string_writes_them() {
        let info = flags(&[("None", 0), ("A", 1), ("B", 2), ("All", 7)]);
        assert_eq!(info.display(0), "None");
        assert_eq!(info.display(3), "A, B");
        assert_eq!(info.display(7), "All");
        assert_eq!(info.display(9), "9");
        let plain = EnumInfo { is_flags: false, ..info };
        assert_eq!(plain.display(3), "3");
    }
}
