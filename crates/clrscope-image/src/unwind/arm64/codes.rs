//! Unwind codes of arm64: one to four bytes each.

use super::{FP, LR};
use crate::unwind::UnwindError;

/// What an instruction of a prologue did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    /// Nothing that matters here: a save of vector registers in place, a signature, a `nop`.
    Nothing,
    Allocate(u32),
    Save {
        first: u8,
        second: Option<u8>,
        /// From the stack pointer, before it is moved back.
        offset: u32,
        /// How far the save had moved the stack pointer.
        then_release: u32,
    },
    SetFramePointer {
        /// The frame pointer's distance from the stack pointer.
        offset: u32,
    },
    /// A trap: the stack pointer and the program counter are on the stack.
    MachineFrame,
    /// An exception: all registers are on the stack, as a `CONTEXT`.
    Context,
}

/// One code of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Operation(Operation, usize),
    /// The end of a fragment's own codes; those of the function it was split off follow.
    EndOfFragment,
    End,
}

/// Decodes the code that `code` begins with.
pub(super) fn decode(code: &[u8]) -> Result<Code, UnwindError> {
    let &[first, ..] = code else { return Err(UnwindError::TruncatedCodes) };
    let second = || code.get(1).copied().map(u32::from).ok_or(UnwindError::TruncatedCodes);
    let low = |bits: u32| u32::from(first) & ((1 << bits) - 1);
    let save = |register: u32, pair: bool, offset: u32, then_release: u32| Operation::Save {
        first: register as u8,
        second: pair.then_some(register as u8 + 1),
        offset,
        then_release,
    };
    // Six bits of offset and the register that two bytes share.
    let wide = || second().map(|byte| (low(2) << 2 | byte >> 6, (byte & 0x3f) * 8));
    let (operation, length) = match first {
        0x00..=0x1f => (Operation::Allocate(low(5) * 16), 1),
        // save_r19r20_x
        0x20..=0x3f => (save(19, true, 0, low(5) * 8), 1),
        // save_fplr, save_fplr_x
        0x40..=0x7f => (save(FP.into(), true, low(6) * 8, 0), 1),
        0x80..=0xbf => (save(FP.into(), true, 0, (low(6) + 1) * 8), 1),
        // alloc_m
        0xc0..=0xc7 => (Operation::Allocate((low(3) << 8 | second()?) * 16), 2),
        // save_regp, save_regp_x
        0xc8..=0xcb => wide().map(|(x, z)| (save(19 + x, true, z, 0), 2))?,
        0xcc..=0xcf => wide().map(|(x, z)| (save(19 + x, true, 0, z + 8), 2))?,
        // save_reg
        0xd0..=0xd3 => wide().map(|(x, z)| (save(19 + x, false, z, 0), 2))?,
        // save_reg_x
        0xd4..=0xd5 => {
            let byte = second()?;
            let register = 19 + (low(1) << 3 | byte >> 5);
            (save(register, false, 0, ((byte & 0x1f) + 1) * 8), 2)
        }
        // save_lrpair: every second register from x19, with lr
        0xd6..=0xd7 => wide().map(|(x, offset)| {
            let x = (low(1) << 2 | (x & 3)) as u8;
            let operation =
                Operation::Save { first: 19 + 2 * x, second: Some(LR), offset, then_release: 0 };
            (operation, 2)
        })?,
        // save_fregp, save_fregp_x, save_freg, save_freg_x: vector registers; only the stack matters
        0xd8..=0xd9 | 0xdc..=0xdd => (Operation::Nothing, 2),
        0xda..=0xdb => (Operation::Allocate(((second()? & 0x3f) + 1) * 8), 2),
        0xde => (Operation::Allocate(((second()? & 0x1f) + 1) * 8), 2),
        // alloc_z: in units of the vector length, which is not known
        0xdf => return Err(UnwindError::UnknownOperation(first)),
        // alloc_l
        0xe0 => match *code {
            [_, a, b, c, ..] => {
                let units = u32::from_be_bytes([0, a, b, c]);
                (Operation::Allocate(units.wrapping_mul(16)), 4)
            }
            _ => return Err(UnwindError::TruncatedCodes),
        },
        0xe1 => (Operation::SetFramePointer { offset: 0 }, 1),
        0xe2 => (Operation::SetFramePointer { offset: second()? * 8 }, 2),
        // nop, save_next (of pairs that an earlier code's place implies are vector or general: the
        // documentation leaves integer pairs to save_regp, so compilers use it for vector registers)
        0xe3 | 0xe6 => (Operation::Nothing, 1),
        0xe4 => return Ok(Code::End),
        0xe5 => return Ok(Code::EndOfFragment),
        0xe7 => match code {
            // save_any_reg
            [_, a, b, ..] => (any_register(*a, *b), 3),
            _ => return Err(UnwindError::TruncatedCodes),
        },
        0xe9 => (Operation::MachineFrame, 1),
        0xea => (Operation::Context, 1),
        // clear_unwound_to_call, pac_sign_lr
        0xec | 0xfc => (Operation::Nothing, 1),
        _ => return Err(UnwindError::UnknownOperation(first)),
    };
    Ok(Code::Operation(operation, length))
}

/// `save_any_reg`: `0pxrrrrr ttoooooo`, a pair or not, with or without moving the stack pointer.
fn any_register(a: u8, b: u8) -> Operation {
    let (pair, moves, register) = (a & 0x40 != 0, a & 0x20 != 0, a & 0x1f);
    let unit = if pair || moves || b >> 6 == 2 { 16 } else { 8 };
    let distance = u32::from(b & 0x3f) * unit;
    let release = if moves { distance + unit } else { 0 };
    if b >> 6 != 0 {
        return if moves { Operation::Allocate(release) } else { Operation::Nothing };
    }
    Operation::Save {
        first: register,
        second: pair.then_some(register + 1),
        offset: if moves { 0 } else { distance },
        then_release: release,
    }
}
