//! The instructions of IL.
//!
//! Source: ECMA-335 III and `OpCode` names as ILAsm writes them.

/// What follows an instruction's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperandKind {
    /// Nothing.
    None,
    /// One byte: the number of an argument or variable, or an alignment.
    U8,
    /// A small number with a sign.
    I8,
    /// Two bytes: the number of an argument or variable.
    U16,
    /// A number with a sign.
    I32,
    /// A large number with a sign.
    I64,
    /// A floating-point number of four bytes.
    F32,
    /// A floating-point number of eight bytes.
    F64,
    /// A target, one byte, from the next instruction on.
    Branch8,
    /// A target, four bytes, from the next instruction on.
    Branch32,
    /// A number of targets, and the targets, from the next instruction on.
    Switch,
    /// A token.
    Token,
}

/// An instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode {
    /// Its number: one byte, or 0xfe and another.
    pub value: u16,
    /// Its name.
    pub name: &'static str,
    /// What follows it.
    pub operand: OperandKind,
}

impl Opcode {
    /// The instruction with a number; `None` if there is none.
    pub fn from_value(value: u16) -> Option<Opcode> {
        let found = OPCODES.binary_search_by_key(&value, |&(value, ..)| value).ok()?;
        let (value, name, operand) = *OPCODES.get(found)?;
        Some(Opcode { value, name, operand })
    }

    /// How many bytes its number takes.
    pub const fn size(self) -> usize {
        if self.value > 0xff { 2 } else { 1 }
    }
}

use OperandKind::{Branch8, Branch32, F32, F64, I8, I32, I64, None as No, Switch, Token, U8, U16};

/// In the order of their numbers.
#[rustfmt::skip]
pub(super) const OPCODES: &[(u16, &str, OperandKind)] = &[
    (0x00, "nop", No), (0x01, "break", No),
    (0x02, "ldarg.0", No), (0x03, "ldarg.1", No), (0x04, "ldarg.2", No), (0x05, "ldarg.3", No),
    (0x06, "ldloc.0", No), (0x07, "ldloc.1", No), (0x08, "ldloc.2", No), (0x09, "ldloc.3", No),
    (0x0a, "stloc.0", No), (0x0b, "stloc.1", No), (0x0c, "stloc.2", No), (0x0d, "stloc.3", No),
    (0x0e, "ldarg.s", U8), (0x0f, "ldarga.s", U8), (0x10, "starg.s", U8),
    (0x11, "ldloc.s", U8), (0x12, "ldloca.s", U8), (0x13, "stloc.s", U8),
    (0x14, "ldnull", No), (0x15, "ldc.i4.m1", No),
    (0x16, "ldc.i4.0", No), (0x17, "ldc.i4.1", No), (0x18, "ldc.i4.2", No),
    (0x19, "ldc.i4.3", No), (0x1a, "ldc.i4.4", No), (0x1b, "ldc.i4.5", No),
    (0x1c, "ldc.i4.6", No), (0x1d, "ldc.i4.7", No), (0x1e, "ldc.i4.8", No),
    (0x1f, "ldc.i4.s", I8), (0x20, "ldc.i4", I32), (0x21, "ldc.i8", I64),
    (0x22, "ldc.r4", F32), (0x23, "ldc.r8", F64),
    (0x25, "dup", No), (0x26, "pop", No),
    (0x27, "jmp", Token), (0x28, "call", Token), (0x29, "calli", Token), (0x2a, "ret", No),
    (0x2b, "br.s", Branch8), (0x2c, "brfalse.s", Branch8), (0x2d, "brtrue.s", Branch8),
    (0x2e, "beq.s", Branch8), (0x2f, "bge.s", Branch8), (0x30, "bgt.s", Branch8),
    (0x31, "ble.s", Branch8), (0x32, "blt.s", Branch8), (0x33, "bne.un.s", Branch8),
    (0x34, "bge.un.s", Branch8), (0x35, "bgt.un.s", Branch8), (0x36, "ble.un.s", Branch8),
    (0x37, "blt.un.s", Branch8),
    (0x38, "br", Branch32), (0x39, "brfalse", Branch32), (0x3a, "brtrue", Branch32),
    (0x3b, "beq", Branch32), (0x3c, "bge", Branch32), (0x3d, "bgt", Branch32),
    (0x3e, "ble", Branch32), (0x3f, "blt", Branch32), (0x40, "bne.un", Branch32),
    (0x41, "bge.un", Branch32), (0x42, "bgt.un", Branch32), (0x43, "ble.un", Branch32),
    (0x44, "blt.un", Branch32), (0x45, "switch", Switch),
    (0x46, "ldind.i1", No), (0x47, "ldind.u1", No), (0x48, "ldind.i2", No),
    (0x49, "ldind.u2", No), (0x4a, "ldind.i4", No), (0x4b, "ldind.u4", No),
    (0x4c, "ldind.i8", No), (0x4d, "ldind.i", No), (0x4e, "ldind.r4", No),
    (0x4f, "ldind.r8", No), (0x50, "ldind.ref", No),
    (0x51, "stind.ref", No), (0x52, "stind.i1", No), (0x53, "stind.i2", No),
    (0x54, "stind.i4", No), (0x55, "stind.i8", No), (0x56, "stind.r4", No),
    (0x57, "stind.r8", No),
    (0x58, "add", No), (0x59, "sub", No), (0x5a, "mul", No), (0x5b, "div", No),
    (0x5c, "div.un", No), (0x5d, "rem", No), (0x5e, "rem.un", No), (0x5f, "and", No),
    (0x60, "or", No), (0x61, "xor", No), (0x62, "shl", No), (0x63, "shr", No),
    (0x64, "shr.un", No), (0x65, "neg", No), (0x66, "not", No),
    (0x67, "conv.i1", No), (0x68, "conv.i2", No), (0x69, "conv.i4", No), (0x6a, "conv.i8", No),
    (0x6b, "conv.r4", No), (0x6c, "conv.r8", No), (0x6d, "conv.u4", No), (0x6e, "conv.u8", No),
    (0x6f, "callvirt", Token), (0x70, "cpobj", Token), (0x71, "ldobj", Token),
    (0x72, "ldstr", Token), (0x73, "newobj", Token), (0x74, "castclass", Token),
    (0x75, "isinst", Token), (0x76, "conv.r.un", No), (0x79, "unbox", Token),
    (0x7a, "throw", No), (0x7b, "ldfld", Token), (0x7c, "ldflda", Token), (0x7d, "stfld", Token),
    (0x7e, "ldsfld", Token), (0x7f, "ldsflda", Token), (0x80, "stsfld", Token),
    (0x81, "stobj", Token),
    (0x82, "conv.ovf.i1.un", No), (0x83, "conv.ovf.i2.un", No), (0x84, "conv.ovf.i4.un", No),
    (0x85, "conv.ovf.i8.un", No), (0x86, "conv.ovf.u1.un", No), (0x87, "conv.ovf.u2.un", No),
    (0x88, "conv.ovf.u4.un", No), (0x89, "conv.ovf.u8.un", No), (0x8a, "conv.ovf.i.un", No),
    (0x8b, "conv.ovf.u.un", No), (0x8c, "box", Token), (0x8d, "newarr", Token),
    (0x8e, "ldlen", No), (0x8f, "ldelema", Token),
    (0x90, "ldelem.i1", No), (0x91, "ldelem.u1", No), (0x92, "ldelem.i2", No),
    (0x93, "ldelem.u2", No), (0x94, "ldelem.i4", No), (0x95, "ldelem.u4", No),
    (0x96, "ldelem.i8", No), (0x97, "ldelem.i", No), (0x98, "ldelem.r4", No),
    (0x99, "ldelem.r8", No), (0x9a, "ldelem.ref", No),
    (0x9b, "stelem.i", No), (0x9c, "stelem.i1", No), (0x9d, "stelem.i2", No),
    (0x9e, "stelem.i4", No), (0x9f, "stelem.i8", No), (0xa0, "stelem.r4", No),
    (0xa1, "stelem.r8", No), (0xa2, "stelem.ref", No),
    (0xa3, "ldelem", Token), (0xa4, "stelem", Token), (0xa5, "unbox.any", Token),
    (0xb3, "conv.ovf.i1", No), (0xb4, "conv.ovf.u1", No), (0xb5, "conv.ovf.i2", No),
    (0xb6, "conv.ovf.u2", No), (0xb7, "conv.ovf.i4", No), (0xb8, "conv.ovf.u4", No),
    (0xb9, "conv.ovf.i8", No), (0xba, "conv.ovf.u8", No),
    (0xc2, "refanyval", Token), (0xc3, "ckfinite", No), (0xc6, "mkrefany", Token),
    (0xd0, "ldtoken", Token), (0xd1, "conv.u2", No), (0xd2, "conv.u1", No),
    (0xd3, "conv.i", No), (0xd4, "conv.ovf.i", No), (0xd5, "conv.ovf.u", No),
    (0xd6, "add.ovf", No), (0xd7, "add.ovf.un", No), (0xd8, "mul.ovf", No),
    (0xd9, "mul.ovf.un", No), (0xda, "sub.ovf", No), (0xdb, "sub.ovf.un", No),
    (0xdc, "endfinally", No), (0xdd, "leave", Branch32), (0xde, "leave.s", Branch8),
    (0xdf, "stind.i", No), (0xe0, "conv.u", No),
    (0xfe00, "arglist", No), (0xfe01, "ceq", No), (0xfe02, "cgt", No), (0xfe03, "cgt.un", No),
    (0xfe04, "clt", No), (0xfe05, "clt.un", No), (0xfe06, "ldftn", Token),
    (0xfe07, "ldvirtftn", Token), (0xfe09, "ldarg", U16), (0xfe0a, "ldarga", U16),
    (0xfe0b, "starg", U16), (0xfe0c, "ldloc", U16), (0xfe0d, "ldloca", U16),
    (0xfe0e, "stloc", U16), (0xfe0f, "localloc", No), (0xfe11, "endfilter", No),
    (0xfe12, "unaligned.", U8), (0xfe13, "volatile.", No), (0xfe14, "tail.", No),
    (0xfe15, "initobj", Token), (0xfe16, "constrained.", Token), (0xfe17, "cpblk", No),
    (0xfe18, "initblk", No), (0xfe19, "no.", U8), (0xfe1a, "rethrow", No),
    (0xfe1c, "sizeof", Token), (0xfe1d, "refanytype", No), (0xfe1e, "readonly.", No),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_has_every_instruction_of_the_standard() {
        assert!(OPCODES.is_sorted_by(|one, next| one.0 < next.0));
        // ECMA-335 III has 219 instructions, `no.` among them.
        assert_eq!(OPCODES.len(), 219);
        assert_eq!(Opcode::from_value(0x28).map(|opcode| opcode.name), Some("call"));
        assert_eq!(Opcode::from_value(0xfe1a).map(|opcode| opcode.size()), Some(2));
        assert_eq!(Opcode::from_value(0x24), None);
    }
}
