//! Reading signatures. ECMA-335 II.23.2.

use clrscope_memory::{PointerWidth, limits};

use super::error::{SignatureError, SignatureErrorKind as Kind};
use super::types::{
    ArraySig, GenericSig, MethodSig, ModifiedSig, ModuleSig, Primitive, PropertySig, TypeSig,
};
use crate::metadata::{Coded, Token, read_compressed};

type Result<T> = std::result::Result<T, SignatureError>;

/// Reads signatures of one kind or another from the front of a blob. What is behind a signature stays.
///
/// Work is proportional to the bytes read, and nesting is limited.
#[derive(Debug, Clone)]
pub struct SignatureReader<'a> {
    bytes: &'a [u8],
    length: usize,
    pointer: PointerWidth,
}

impl<'a> SignatureReader<'a> {
    /// A reader of the signature at the front of `bytes`, which comes from metadata.
    pub fn new(bytes: &'a [u8]) -> SignatureReader<'a> {
        SignatureReader::with_pointers(bytes, PointerWidth::Eight)
    }

    /// A reader of a signature that the runtime made for itself, which may hold addresses of its
    /// structures: they are as wide as the captured process's pointers.
    pub fn with_pointers(bytes: &'a [u8], pointer: PointerWidth) -> SignatureReader<'a> {
        SignatureReader { bytes, length: bytes.len(), pointer }
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// The type of a field. II.23.2.4.
    pub fn field(&mut self) -> Result<TypeSig> {
        self.kind(0x06)?;
        self.ty(0)
    }

    /// A method, as it is defined, or as a call site has it. II.23.2.1 to II.23.2.3.
    pub fn method(&mut self) -> Result<MethodSig> {
        self.method_at(0)
    }

    /// A property. II.23.2.5.
    pub fn property(&mut self) -> Result<PropertySig> {
        let first = self.byte()?;
        if first & 0x0f != 0x08 {
            return Err(self.error(Kind::WrongKind(first)));
        }
        let count = self.count()?;
        let ty = self.ty(0)?;
        let params = self.types(count, 0)?;
        Ok(PropertySig { has_this: first & MethodSig::HAS_THIS != 0, ty, params })
    }

    /// The types of local variables. II.23.2.6.
    pub fn locals(&mut self) -> Result<Vec<TypeSig>> {
        self.kind(0x07)?;
        self.counted_types()
    }

    /// The arguments of a generic method. II.23.2.15.
    pub fn method_spec(&mut self) -> Result<Vec<TypeSig>> {
        self.kind(0x0a)?;
        self.counted_types()
    }

    /// A number of types, and the types.
    pub(crate) fn counted_types(&mut self) -> Result<Vec<TypeSig>> {
        let count = self.count()?;
        self.types(count, 0)
    }

    /// A compressed number.
    pub(crate) fn compressed(&mut self) -> Result<u32> {
        self.number()
    }

    /// A type on its own, such as a TypeSpec's. II.23.2.14.
    pub fn type_spec(&mut self) -> Result<TypeSig> {
        self.ty(0)
    }

    fn error(&self, kind: Kind) -> SignatureError {
        SignatureError { kind, offset: self.length - self.bytes.len() }
    }

    fn byte(&mut self) -> Result<u8> {
        let (&byte, rest) = self.bytes.split_first().ok_or(self.error(Kind::Truncated))?;
        self.bytes = rest;
        Ok(byte)
    }

    fn kind(&mut self, expected: u8) -> Result<()> {
        match self.byte()? {
            byte if byte & 0x0f == expected => Ok(()),
            byte => Err(self.error(Kind::WrongKind(byte))),
        }
    }

    fn number(&mut self) -> Result<u32> {
        read_compressed(&mut self.bytes).ok_or(self.error(Kind::Truncated))
    }

    /// A number of things of which each takes a byte at least.
    fn count(&mut self) -> Result<u32> {
        let count = self.number()?;
        if count as usize > self.bytes.len() {
            return Err(self.error(Kind::BadCount(count)));
        }
        Ok(count)
    }

    /// A compressed signed number: rotated, so that the sign is the lowest bit. II.23.2.
    fn signed(&mut self) -> Result<i32> {
        let before = self.bytes.len();
        let value = self.number()?;
        let sign_bits = match before - self.bytes.len() {
            1 => -1 << 6,
            2 => -1 << 13,
            _ => -1 << 28,
        };
        let magnitude = (value >> 1) as i32;
        Ok(if value & 1 != 0 { magnitude | sign_bits } else { magnitude })
    }

    fn token(&mut self) -> Result<Token> {
        let value = self.number()?;
        Coded::TypeDefOrRef.decode(value).ok_or(self.error(Kind::BadToken))
    }

    fn address(&mut self) -> Result<u64> {
        let too_short = self.error(Kind::Truncated);
        match self.pointer {
            PointerWidth::Four => {
                let (bytes, rest) = self.bytes.split_first_chunk().ok_or(too_short)?;
                self.bytes = rest;
                Ok(u32::from_le_bytes(*bytes).into())
            }
            PointerWidth::Eight => {
                let (bytes, rest) = self.bytes.split_first_chunk().ok_or(too_short)?;
                self.bytes = rest;
                Ok(u64::from_le_bytes(*bytes))
            }
        }
    }

    fn types(&mut self, count: u32, depth: usize) -> Result<Vec<TypeSig>> {
        (0..count).map(|_| self.ty(depth)).collect()
    }

    fn boxed(&mut self, depth: usize) -> Result<Box<TypeSig>> {
        self.ty(depth).map(Box::new)
    }

    fn ty(&mut self, depth: usize) -> Result<TypeSig> {
        if depth >= limits::MAX_DEPTH {
            return Err(self.error(Kind::TooDeep));
        }
        let depth = depth + 1;
        let element = self.byte()?;
        if let Some(primitive) = Primitive::from_element_type(element) {
            return Ok(TypeSig::Primitive(primitive));
        }
        Ok(match element {
            0x0f => TypeSig::Pointer(self.boxed(depth)?),
            0x10 => TypeSig::ByRef(self.boxed(depth)?),
            0x11 => TypeSig::ValueType(self.token()?),
            0x12 => TypeSig::Class(self.token()?),
            0x13 => TypeSig::TypeVar(self.number()?),
            0x14 => TypeSig::Array(Box::new(self.array(depth)?)),
            0x15 => TypeSig::Generic(Box::new(self.generic(depth)?)),
            0x1b => TypeSig::FunctionPointer(Box::new(self.method_at(depth)?)),
            0x1d => TypeSig::SzArray(self.boxed(depth)?),
            0x1e => TypeSig::MethodVar(self.number()?),
            0x1f | 0x20 => {
                let modifier = TypeSig::Class(self.token()?);
                self.modified(element == 0x1f, modifier, depth)?
            }
            0x21 => TypeSig::Internal(self.address()?),
            // ELEMENT_TYPE_CMOD_INTERNAL: whether it is required, and the modifier's address. Source:
            // dotnet/runtime src/coreclr/inc/corhdr.h.
            0x22 => {
                let is_required = self.byte()? != 0;
                let modifier = TypeSig::Internal(self.address()?);
                self.modified(is_required, modifier, depth)?
            }
            // CorElementTypeZapSig, ReadyToRun's own. Source: dotnet/runtime src/coreclr/vm/zapsig.h.
            0x3d => TypeSig::Native(self.boxed(depth)?),
            0x3e => TypeSig::Canonical,
            0x3f => {
                let module = self.number()?;
                TypeSig::InModule(Box::new(ModuleSig { module, inner: self.ty(depth)? }))
            }
            0x45 => TypeSig::Pinned(self.boxed(depth)?),
            other => return Err(self.error(Kind::BadElementType(other))),
        })
    }

    fn modified(&mut self, is_required: bool, modifier: TypeSig, depth: usize) -> Result<TypeSig> {
        let inner = self.ty(depth)?;
        Ok(TypeSig::Modified(Box::new(ModifiedSig { is_required, modifier, inner })))
    }

    fn array(&mut self, depth: usize) -> Result<ArraySig> {
        let element = self.ty(depth)?;
        let rank = self.number()?;
        let sizes = self.count()?;
        let sizes = (0..sizes).map(|_| self.number()).collect::<Result<_>>()?;
        let bounds = self.count()?;
        let lower_bounds = (0..bounds).map(|_| self.signed()).collect::<Result<_>>()?;
        Ok(ArraySig { element, rank, sizes, lower_bounds })
    }

    fn generic(&mut self, depth: usize) -> Result<GenericSig> {
        let element = self.bytes.first().copied().unwrap_or(0);
        if !matches!(element, 0x11 | 0x12 | 0x21 | 0x3f) {
            return Err(self.error(Kind::BadElementType(element)));
        }
        let definition = self.ty(depth)?;
        let count = self.count()?;
        Ok(GenericSig { definition, arguments: self.types(count, depth)? })
    }

    fn method_at(&mut self, depth: usize) -> Result<MethodSig> {
        let convention = self.byte()?;
        // Conventions 0 to 5 and 9 (unmanaged, by modifiers) and 11 (native varargs) are methods.
        if !matches!(convention & MethodSig::KIND_MASK, 0..=5 | 9 | 11) {
            return Err(self.error(Kind::WrongKind(convention)));
        }
        let generic_count = if convention & MethodSig::GENERIC != 0 { self.number()? } else { 0 };
        let count = self.count()?;
        let returns = self.ty(depth)?;
        let mut params = Vec::new();
        let mut sentinel = None;
        while params.len() < count as usize {
            if sentinel.is_none() && self.bytes.first() == Some(&SENTINEL) {
                self.byte()?;
                sentinel = Some(params.len());
            }
            params.push(self.ty(depth)?);
        }
        Ok(MethodSig { convention, generic_count, returns, params, sentinel })
    }
}

/// `ELEMENT_TYPE_SENTINEL`: stands before the first variable parameter of a call.
const SENTINEL: u8 = 0x41;
