//! Going through the instructions of a method.

use super::opcode::{Opcode, OperandKind};
use crate::metadata::Token;

/// What an instruction works on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand<'data> {
    /// Nothing.
    None,
    /// The number of an argument or variable, or an alignment.
    Index(u16),
    /// A number.
    Integer(i64),
    /// A floating-point number.
    Float(f64),
    /// Where it goes: the offset of an instruction.
    Target(u32),
    /// Where it can go.
    Targets(Targets<'data>),
    /// A token.
    Token(Token),
}

/// Where a `switch` can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Targets<'data> {
    bytes: &'data [u8],
    next: u32,
}

impl<'data> Targets<'data> {
    /// The offsets of instructions, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = u32> + use<'data> {
        let next = self.next;
        self.bytes.chunks_exact(4).map(move |target| {
            next.wrapping_add(u32::from_le_bytes([target[0], target[1], target[2], target[3]]))
        })
    }
}

/// An instruction, where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instruction<'data> {
    /// From the start of the method's code, in bytes.
    pub offset: u32,
    /// What it does.
    pub opcode: Opcode,
    /// What it works on.
    pub operand: Operand<'data>,
}

/// The instructions of a method. They end at the first that cannot be read: see
/// [`Instructions::rest`].
#[derive(Debug, Clone)]
pub struct Instructions<'data> {
    code: &'data [u8],
    offset: u32,
}

impl<'data> Instructions<'data> {
    /// The instructions in `code`.
    pub fn new(code: &'data [u8]) -> Instructions<'data> {
        Instructions { code, offset: 0 }
    }

    /// What has not been read: nothing, at the end of sound code.
    pub fn rest(&self) -> &'data [u8] {
        self.code
    }

    fn read(&self) -> Option<(Instruction<'data>, usize)> {
        let &first = self.code.first()?;
        let value = match first {
            0xfe => 0xfe00 | u16::from(*self.code.get(1)?),
            _ => first.into(),
        };
        let opcode = Opcode::from_value(value)?;
        let bytes = self.code.get(opcode.size()..)?;
        let word = || bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        let wide = || bytes.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let target = |size: u32, distance: u32| {
            let next = self.offset.wrapping_add(opcode.size() as u32).wrapping_add(size);
            Operand::Target(next.wrapping_add(distance))
        };
        let (operand, size) = match opcode.operand {
            OperandKind::None => (Operand::None, 0),
            OperandKind::U8 => (Operand::Index((*bytes.first()?).into()), 1),
            OperandKind::I8 => (Operand::Integer((*bytes.first()? as i8).into()), 1),
            OperandKind::U16 => (Operand::Index(u16::from_le_bytes(*bytes.first_chunk()?)), 2),
            OperandKind::I32 => (Operand::Integer((word()? as i32).into()), 4),
            OperandKind::I64 => (Operand::Integer(wide()? as i64), 8),
            OperandKind::F32 => (Operand::Float(f32::from_bits(word()?).into()), 4),
            OperandKind::F64 => (Operand::Float(f64::from_bits(wide()?)), 8),
            OperandKind::Branch8 => (target(1, *bytes.first()? as i8 as u32), 1),
            OperandKind::Branch32 => (target(4, word()?), 4),
            OperandKind::Token => (Operand::Token(Token(word()?)), 4),
            OperandKind::Switch => {
                let size = (word()? as usize).checked_mul(4)?;
                let bytes = bytes.get(4..)?.get(..size)?;
                let length = opcode.size() + 4 + size;
                let next = self.offset.wrapping_add(length as u32);
                (Operand::Targets(Targets { bytes, next }), 4 + size)
            }
        };
        let length = opcode.size() + size;
        Some((Instruction { offset: self.offset, opcode, operand }, length))
    }
}

impl<'data> Iterator for Instructions<'data> {
    type Item = Instruction<'data>;

    fn next(&mut self) -> Option<Instruction<'data>> {
        let (instruction, length) = self.read()?;
        self.code = self.code.get(length..)?;
        self.offset = self.offset.wrapping_add(length as u32);
        Some(instruction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operands(code: &[u8]) -> Vec<(u32, &'static str, Operand<'_>)> {
        Instructions::new(code).map(|i| (i.offset, i.opcode.name, i.operand)).collect()
    }

    #[test]
    fn every_kind_of_operand_is_read() {
        #[rustfmt::skip]
        let code = [
            0x1f, 0xff,                                // 0: ldc.i4.s -1
            0x20, 1, 0, 0, 0x80,                       // 2: ldc.i4 int.MinValue + 1
            0x21, 2, 0, 0, 0, 0, 0, 0, 0,              // 7: ldc.i8 2
            0x22, 0, 0, 0x80, 0x3f,                    // 16: ldc.r4 1
            0x23, 0, 0, 0, 0, 0, 0, 0, 0x40,           // 21: ldc.r8 2
            0x0e, 7,                                   // 30: ldarg.s 7
            0xfe, 0x0c, 0, 1,                          // 32: ldloc 256
            0x2b, 0xfe,                                // 36: br.s 36
            0x38, 1, 0, 0, 0,                          // 38: br 44
            0x28, 1, 0, 0, 0x06,                       // 43: call 0x06000001
            0x45, 2, 0, 0, 0, 0, 0, 0, 0, 0xf3, 0xff, 0xff, 0xff, // 48: switch 61, 48
            0x2a,                                      // 61: ret
        ];
        let read = operands(&code);
        let targets = Targets { bytes: &code[53..61], next: 61 };
        assert_eq!(targets.iter().collect::<Vec<_>>(), [61, 48]);
        let expected = [
            (0, "ldc.i4.s", Operand::Integer(-1)),
            (2, "ldc.i4", Operand::Integer(i64::from(i32::MIN) + 1)),
            (7, "ldc.i8", Operand::Integer(2)),
            (16, "ldc.r4", Operand::Float(1.0)),
            (21, "ldc.r8", Operand::Float(2.0)),
            (30, "ldarg.s", Operand::Index(7)),
            (32, "ldloc", Operand::Index(256)),
            (36, "br.s", Operand::Target(36)),
            (38, "br", Operand::Target(44)),
            (43, "call", Operand::Token(Token(0x0600_0001))),
            (48, "switch", Operand::Targets(targets)),
            (61, "ret", Operand::None),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn code_that_cannot_be_read_ends_it() {
        // nop, an instruction that does not exist
        let mut instructions = Instructions::new(&[0x00, 0x24, 0x00]);
        assert_eq!(instructions.by_ref().count(), 1);
        assert_eq!(instructions.rest(), [0x24, 0x00]);
        // a call that is cut off; a switch with more targets than there are bytes
        assert_eq!(operands(&[0x28, 1, 0, 0]), []);
        assert_eq!(operands(&[0x45, 0xff, 0xff, 0xff, 0xff, 0]), []);
    }
}
