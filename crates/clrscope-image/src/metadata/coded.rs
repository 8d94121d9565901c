//! Coded indexes: a row of one of several tables in one number.

use super::token::{TableId, Token};

/// A kind of index that names a row of one of several tables: the low bits say which.
///
/// Source: ECMA-335 II.24.2.6; the last one: Portable PDB format,
/// <https://github.com/dotnet/runtime/blob/main/docs/design/specs/PortablePdb-Metadata.md>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Coded {
    TypeDefOrRef,
    HasConstant,
    HasCustomAttribute,
    HasFieldMarshal,
    HasDeclSecurity,
    MemberRefParent,
    HasSemantics,
    MethodDefOrRef,
    MemberForwarded,
    Implementation,
    CustomAttributeType,
    ResolutionScope,
    TypeOrMethodDef,
    HasCustomDebugInformation,
}

/// A tag that stands for no table.
const UNUSED: u8 = 0xff;

impl Coded {
    /// The tables by their tags.
    pub(crate) const fn tables(self) -> &'static [u8] {
        match self {
            Coded::TypeDefOrRef => &[0x02, 0x01, 0x1b],
            Coded::HasConstant => &[0x04, 0x08, 0x17],
            Coded::HasCustomAttribute => &[
                0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b,
                0x20, 0x23, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b,
            ],
            Coded::HasFieldMarshal => &[0x04, 0x08],
            Coded::HasDeclSecurity => &[0x02, 0x06, 0x20],
            Coded::MemberRefParent => &[0x02, 0x01, 0x1a, 0x06, 0x1b],
            Coded::HasSemantics => &[0x14, 0x17],
            Coded::MethodDefOrRef => &[0x06, 0x0a],
            Coded::MemberForwarded => &[0x04, 0x06],
            Coded::Implementation => &[0x26, 0x23, 0x27],
            Coded::CustomAttributeType => &[UNUSED, UNUSED, 0x06, 0x0a, UNUSED],
            Coded::ResolutionScope => &[0x00, 0x1a, 0x23, 0x01],
            Coded::TypeOrMethodDef => &[0x02, 0x06],
            Coded::HasCustomDebugInformation => &[
                0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0a, 0x00, 0x0e, 0x17, 0x14, 0x11, 0x1a, 0x1b,
                0x20, 0x23, 0x26, 0x27, 0x28, 0x2a, 0x2c, 0x2b, 0x30, 0x32, 0x33, 0x34, 0x35,
            ],
        }
    }

    /// How many low bits hold the tag.
    pub(crate) const fn tag_bits(self) -> u32 {
        usize::BITS - (self.tables().len() - 1).leading_zeros()
    }

    /// The token that an index stands for; `None` if its tag stands for no table.
    pub(crate) fn decode(self, value: u32) -> Option<Token> {
        let tag = (value & ((1 << self.tag_bits()) - 1)) as usize;
        let table = *self.tables().get(tag).filter(|&&table| table != UNUSED)?;
        Some(Token::new(TableId(table), value >> self.tag_bits()))
    }

    /// The index that stands for a token; `None` if its table is not one of these.
    pub(crate) fn encode(self, token: Token) -> Option<u32> {
        let tag = self.tables().iter().position(|&table| table == token.table().0)?;
        Some(token.rid() << self.tag_bits() | tag as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_the_bits_that_the_standard_gives_them() {
        let bits = |coded: Coded| coded.tag_bits();
        assert_eq!(bits(Coded::TypeDefOrRef), 2);
        assert_eq!(bits(Coded::HasCustomAttribute), 5);
        assert_eq!(bits(Coded::HasFieldMarshal), 1);
        assert_eq!(bits(Coded::MemberRefParent), 3);
        assert_eq!(bits(Coded::CustomAttributeType), 3);
        assert_eq!(bits(Coded::ResolutionScope), 2);
        assert_eq!(bits(Coded::HasCustomDebugInformation), 5);
    }

    #[test]
    fn indexes_decode_to_tokens_and_back() {
        let token = Token::new(TableId::TypeSpec, 5);
        assert_eq!(Coded::TypeDefOrRef.encode(token), Some(5 << 2 | 2));
        assert_eq!(Coded::TypeDefOrRef.decode(5 << 2 | 2), Some(token));
        assert_eq!(Coded::TypeDefOrRef.decode(5 << 2 | 3), None);
        assert_eq!(Coded::CustomAttributeType.decode(1 << 3), None);
        assert_eq!(Coded::HasConstant.encode(token), None);
    }
}
