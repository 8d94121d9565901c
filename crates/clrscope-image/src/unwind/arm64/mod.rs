//! arm64 unwind data: packed into the function entry, or a record of unwind codes.
//!
//! Facts: "ARM64 exception handling" in Microsoft's documentation of the compiler.

mod codes;
mod packed;
mod record;
#[cfg(test)]
mod tests;

use clrscope_memory::VirtAddr;

use self::codes::Operation;
use super::{FunctionEntry, Memory, RegisterFile, RegisterOrigin, UnwindError, Unwound};

/// The frame pointer's number.
pub const FP: u8 = 29;
/// The link register's number.
pub const LR: u8 = 30;
/// The stack pointer's number in a [`RegisterFile`].
pub const SP: u8 = 31;

// Offsets in the `CONTEXT` of arm64 (winnt.h).
const CONTEXT_X0: u64 = 0x8;
const CONTEXT_SP: u64 = 0x100;
const CONTEXT_PC: u64 = 0x108;

/// The frame of the caller of a function that has no entry in the unwind tables: a leaf, whose return
/// address is in the link register.
pub fn unwind_leaf(registers: &RegisterFile) -> Result<Unwound, UnwindError> {
    finish(*registers)
}

/// The frame of the caller of a function, by the function's unwind data.
///
/// `base` is what the entry's addresses are relative to. `after_call` says that the program counter is
/// the one behind a call, and so may lie in the next function.
pub fn unwind(
    memory: &impl Memory,
    base: VirtAddr,
    entry: FunctionEntry,
    registers: &RegisterFile,
    after_call: bool,
) -> Result<Unwound, UnwindError> {
    let executing = if after_call { registers.ip().wrapping_sub(4) } else { registers.ip() };
    let offset = executing.0.wrapping_sub(base.at_rva(entry.begin).0) as u32;
    let mut operations = Vec::new();
    let in_epilogue = match entry.unwind_data & 3 {
        0 => {
            let record = record::Record::read(memory, base, entry.unwind_data)?;
            let (start, skip, in_epilogue) = record.position(offset)?;
            operations.extend(record.operations(start)?.into_iter().skip(skip));
            in_epilogue
        }
        flag => {
            let packed = packed::Packed::new(entry.unwind_data);
            // The last flag is for fragments without a prologue of their own that the compiler split off.
            if flag == 3 {
                return Err(UnwindError::UnknownVersion(3));
            }
            packed.operations_at(offset, &mut operations)
        }
    };
    let mut caller = *registers;
    for operation in operations {
        if let Some(interrupted) = apply(memory, operation, &mut caller)? {
            return Ok(interrupted);
        }
    }
    finish(caller).map(|unwound| Unwound { in_epilogue, ..unwound })
}

/// The caller continues where the link register says, without the bits that sign it.
fn finish(mut registers: RegisterFile) -> Result<Unwound, UnwindError> {
    const USER_ADDRESS: u64 = (1 << 48) - 1;
    let ip = known(&registers, LR)? & USER_ADDRESS;
    registers.set_ip(VirtAddr(ip));
    Ok(Unwound { registers, interrupted: false, in_epilogue: false })
}

fn known(registers: &RegisterFile, register: u8) -> Result<u64, UnwindError> {
    registers.value(register).ok_or(UnwindError::UnknownRegister(register))
}

fn load(
    memory: &impl Memory,
    registers: &mut RegisterFile,
    register: u8,
    at: u64,
) -> Result<(), UnwindError> {
    let at = VirtAddr(at);
    let value = memory.array(at).map(u64::from_le_bytes).ok_or(UnwindError::MissingStack(at))?;
    registers.set(register, value, RegisterOrigin::Saved(at));
    Ok(())
}

/// Undoes one operation. Gives the caller if the operation was an interruption.
fn apply(
    memory: &impl Memory,
    operation: Operation,
    registers: &mut RegisterFile,
) -> Result<Option<Unwound>, UnwindError> {
    let sp = known(registers, SP)?;
    match operation {
        Operation::Nothing => {}
        Operation::Allocate(bytes) => registers.set_sp(VirtAddr(sp.wrapping_add(bytes.into()))),
        Operation::Save { first, second, offset, then_release } => {
            let at = sp.wrapping_add(offset.into());
            load(memory, registers, first, at)?;
            if let Some(second) = second {
                load(memory, registers, second, at.wrapping_add(8))?;
            }
            registers.set_sp(VirtAddr(sp.wrapping_add(then_release.into())));
        }
        Operation::SetFramePointer { offset } => {
            let fp = known(registers, FP)?;
            registers.set_sp(VirtAddr(fp.wrapping_sub(offset.into())));
        }
        Operation::MachineFrame => return interrupted(memory, registers, sp, sp.wrapping_add(8)),
        Operation::Context => {
            for register in 0..=LR {
                let at = sp.wrapping_add(CONTEXT_X0).wrapping_add(8 * u64::from(register));
                load(memory, registers, register, at)?;
            }
            let (sp, pc) = (sp.wrapping_add(CONTEXT_SP), sp.wrapping_add(CONTEXT_PC));
            return interrupted(memory, registers, sp, pc);
        }
    }
    Ok(None)
}

/// The frame that was interrupted, whose stack pointer and program counter are at two addresses.
fn interrupted(
    memory: &impl Memory,
    registers: &mut RegisterFile,
    sp_at: u64,
    pc_at: u64,
) -> Result<Option<Unwound>, UnwindError> {
    let word = |at| {
        let at = VirtAddr(at);
        memory.array(at).map(u64::from_le_bytes).ok_or(UnwindError::MissingStack(at))
    };
    let (sp, pc) = (word(sp_at)?, word(pc_at)?);
    registers.set_sp(VirtAddr(sp));
    registers.set_ip(VirtAddr(pc));
    Ok(Some(Unwound { registers: *registers, interrupted: true, in_epilogue: false }))
}
