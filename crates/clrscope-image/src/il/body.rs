//! The body of a method: its header, its code, what catches its exceptions.
//!
//! Source: ECMA-335 II.25.4.

use std::borrow::Cow;

use clrscope_memory::{AddressSpace, Rva, VirtAddr};

use super::instruction::Instructions;
use crate::metadata::Token;
use crate::pe::PeImage;

/// Clauses of one method that are read; real ones have fewer than a thousand.
const MAX_CLAUSES: usize = 100_000;
/// Tables of clauses of one method that are read; real ones have one.
const MAX_SECTIONS: usize = 1_000;
/// Bytes of code of one method.
const MAX_CODE: u32 = 64 * 1024 * 1024;

/// What is done with an exception in a part of the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandlerKind {
    /// Exceptions of a type are caught.
    Catch(Token),
    /// Exceptions are caught that code at an offset says yes to.
    Filter(u32),
    /// Code is run in any case.
    Finally,
    /// Code is run if there is an exception.
    Fault,
}

/// A part of the code with what is done with its exceptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionClause {
    /// What is done.
    pub kind: HandlerKind,
    /// Where the part begins.
    pub try_offset: u32,
    /// Bytes of it.
    pub try_length: u32,
    /// Where the code begins that is run.
    pub handler_offset: u32,
    /// Bytes of it.
    pub handler_length: u32,
}

/// The body of a method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodBody<'data> {
    /// Most values on the evaluation stack.
    pub max_stack: u16,
    /// Whether local variables are set to zero first.
    pub init_locals: bool,
    /// StandAloneSig with the types of local variables; nil if it has none.
    pub local_signature: Token,
    /// Its code.
    pub code: Cow<'data, [u8]>,
    /// What catches its exceptions, inner parts first.
    pub clauses: Vec<ExceptionClause>,
}

impl MethodBody<'_> {
    /// Its instructions.
    pub fn instructions(&self) -> Instructions<'_> {
        Instructions::new(&self.code)
    }
}

impl<'data> PeImage<'data> {
    /// The body of the method whose row says `rva`. Clauses that are absent are left out; `None` if
    /// its header or its code is absent, or it is no body.
    pub fn method_body(&self, rva: Rva) -> Option<MethodBody<'data>> {
        BodyReader { bytes: |at, length| self.bytes(rva.checked_add(at)?, length) }.body()
    }
}

impl<'data> MethodBody<'data> {
    /// The body at an address, where no image tells the way: that of a method made by Reflection.Emit.
    /// Absent parts are as in [`PeImage::method_body`].
    pub fn from_memory(
        space: &AddressSpace<'data>,
        address: VirtAddr,
    ) -> Option<MethodBody<'data>> {
        let bytes = |at: u32, length| space.bytes(address.checked_add(at.into())?, length);
        BodyReader { bytes }.body()
    }
}

/// Reads a body from wherever its bytes are: all offsets are from its start.
struct BodyReader<F> {
    bytes: F,
}

impl<'data, F: Fn(u32, usize) -> Option<Cow<'data, [u8]>>> BodyReader<F> {
    fn read<const N: usize>(&self, at: u32) -> Option<[u8; N]> {
        (self.bytes)(at, N)?.first_chunk().copied()
    }

    fn u16(&self, at: u32) -> Option<u16> {
        self.read(at).map(u16::from_le_bytes)
    }

    fn u32(&self, at: u32) -> Option<u32> {
        self.read(at).map(u32::from_le_bytes)
    }

    fn body(&self) -> Option<MethodBody<'data>> {
        let [first] = self.read(0)?;
        match first & 3 {
            // CorILMethod_TinyFormat: the length of the code in the rest of the byte.
            2 => Some(MethodBody {
                max_stack: 8,
                init_locals: false,
                local_signature: Token::default(),
                code: (self.bytes)(1, usize::from(first >> 2))?,
                clauses: Vec::new(),
            }),
            3 => self.fat_body(),
            _ => None,
        }
    }

    fn fat_body(&self) -> Option<MethodBody<'data>> {
        // Flags, and the header's size in words in the high four bits.
        let flags = self.u16(0)?;
        let code_size = self.u32(4)?;
        if code_size > MAX_CODE {
            return None;
        }
        let code_at = u32::from(flags >> 12) * 4;
        let end = code_at.checked_add(code_size)?.checked_next_multiple_of(4)?;
        let has_sections = flags & 0x08 != 0;
        Some(MethodBody {
            max_stack: self.u16(2)?,
            init_locals: flags & 0x10 != 0,
            local_signature: Token(self.u32(8)?),
            code: (self.bytes)(code_at, code_size as usize)?,
            clauses: if has_sections { self.clauses(end) } else { Vec::new() },
        })
    }

    /// The clauses of the sections from `at` on.
    fn clauses(&self, mut at: u32) -> Vec<ExceptionClause> {
        let mut clauses = Vec::new();
        for _ in 0..MAX_SECTIONS {
            let Some(header) = self.u32(at) else { break };
            // CorILMethod_Sect_*: 1 is a table of clauses, 0x40 is fat, 0x80 says that more follow.
            let is_fat = header & 0x40 != 0;
            let size = if is_fat { header >> 8 } else { header >> 8 & 0xff };
            let entry = if is_fat { 24 } else { 12 };
            if header & 1 == 0 || size < 4 {
                break;
            }
            for index in 0..(size - 4) / entry {
                let clause = at.checked_add(4 + index * entry).and_then(|at| {
                    if is_fat { self.fat_clause(at) } else { self.small_clause(at) }
                });
                let Some(clause) = clause.filter(|_| clauses.len() < MAX_CLAUSES) else {
                    return clauses;
                };
                clauses.push(clause);
            }
            let next = at.checked_add(size).and_then(|next| next.checked_next_multiple_of(4));
            match next {
                Some(next) if header & 0x80 != 0 => at = next,
                _ => break,
            }
        }
        clauses
    }

    fn fat_clause(&self, at: u32) -> Option<ExceptionClause> {
        let word = |index: u32| self.u32(at.checked_add(index * 4)?);
        Some(ExceptionClause {
            kind: handler_kind(word(0)?, word(5)?)?,
            try_offset: word(1)?,
            try_length: word(2)?,
            handler_offset: word(3)?,
            handler_length: word(4)?,
        })
    }

    fn small_clause(&self, at: u32) -> Option<ExceptionClause> {
        let [f0, f1, t0, t1, try_length, h0, h1, handler_length, last @ ..] =
            self.read::<12>(at)?;
        Some(ExceptionClause {
            kind: handler_kind(u16::from_le_bytes([f0, f1]).into(), u32::from_le_bytes(last))?,
            try_offset: u16::from_le_bytes([t0, t1]).into(),
            try_length: try_length.into(),
            handler_offset: u16::from_le_bytes([h0, h1]).into(),
            handler_length: handler_length.into(),
        })
    }
}

fn handler_kind(flags: u32, last: u32) -> Option<HandlerKind> {
    Some(match flags & 7 {
        0 => HandlerKind::Catch(Token(last)),
        1 => HandlerKind::Filter(last),
        2 => HandlerKind::Finally,
        4 => HandlerKind::Fault,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pe::testing::ImageBuilder;

    fn body(bytes: &[u8]) -> Option<MethodBody<'static>> {
        let mut builder = ImageBuilder::new();
        let rva = builder.section(*b".text\0\0\0", 0x6000_0020, bytes);
        let file = builder.build();
        let body = PeImage::from_file(&file).unwrap().method_body(Rva(rva))?;
        Some(MethodBody { code: Cow::Owned(body.code.into_owned()), ..body })
    }

    #[test]
    fn a_tiny_body_is_its_code() {
        // Tiny, two bytes: ldnull, ret
        let body = body(&[0x02 | 2 << 2, 0x14, 0x2a]).unwrap();
        assert_eq!(&body.code[..], [0x14, 0x2a]);
        assert_eq!(body.max_stack, 8);
        assert_eq!(body.instructions().count(), 2);
    }

    #[test]
    fn a_fat_body_has_clauses() {
        #[rustfmt::skip]
        let bytes = [
            // Fat, more sections, locals are set to zero; three words; stack of 3
            0x1b, 0x30, 3, 0,
            // five bytes of code, locals 0x11000002
            5, 0, 0, 0, 2, 0, 0, 0x11,
            0x00, 0x00, 0x00, 0x00, 0x2a,
            // padding
            0, 0, 0,
            // a small table of clauses, one; more follow
            0x81, 16, 0, 0,
            // a catch, try 0 to 2, handler 2 to 3, of type 0x01000004
            0, 0, 0, 0, 2, 2, 0, 1, 4, 0, 0, 1,
            // a fat table of clauses, one
            0x41, 28, 0, 0,
            // finally, try 0 to 3, handler 3 to 4
            2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        ];
        let body = body(&bytes).unwrap();
        assert_eq!((body.max_stack, body.init_locals), (3, true));
        assert_eq!(body.local_signature, Token(0x1100_0002));
        assert_eq!(body.instructions().last().map(|last| last.opcode.name), Some("ret"));
        let clause = |kind, try_length, handler_offset| ExceptionClause {
            kind,
            try_offset: 0,
            try_length,
            handler_offset,
            handler_length: 1,
        };
        let catch = clause(HandlerKind::Catch(Token(0x0100_0004)), 2, 2);
        assert_eq!(body.clauses, [catch, clause(HandlerKind::Finally, 3, 3)]);
    }

    #[test]
    fn what_is_no_body_is_refused() {
        assert_eq!(body(&[0x00]), None);
        // Fat, with more code than there is.
        assert_eq!(body(&[0x03, 0x30, 3, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0]), None);
    }
}
