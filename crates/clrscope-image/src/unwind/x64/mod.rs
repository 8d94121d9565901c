//! x64 unwind codes, versions 1 and 2.
//!
//! Facts: "x64 exception handling" in Microsoft's documentation of the compiler; version 2 as
//! `src/coreclr/unwinder/amd64/unwinder.cpp` of dotnet/runtime reads it.

mod codes;
mod epilogue;
mod info;
#[cfg(test)]
mod tests;

use clrscope_memory::{VirtAddr, limits};

use self::codes::{Code, Operation};
pub use self::info::UnwindInfo;
use super::{FunctionEntry, Memory, RegisterFile, RegisterOrigin, UnwindError, Unwound};

/// The stack pointer's number.
pub const RSP: u8 = 4;
/// The frame pointer's number, where a function keeps one there.
pub const RBP: u8 = 5;

/// The function that a frame is in.
#[derive(Debug, Clone, Copy)]
struct Function {
    /// What its addresses are relative to.
    base: VirtAddr,
    entry: FunctionEntry,
    /// How far behind the function's begin the frame is executing.
    offset: u32,
}

/// The frame of the caller of a function that has no entry in the unwind tables: a leaf, which has not
/// moved the stack pointer.
pub fn unwind_leaf(memory: &impl Memory, registers: &RegisterFile) -> Result<Unwound, UnwindError> {
    let mut caller = *registers;
    pop_return_address(memory, &mut caller)?;
    Ok(Unwound { registers: caller, interrupted: false, in_epilogue: false })
}

/// The frame of the caller of a function, by the function's unwind codes.
///
/// `base` is what the entry's addresses are relative to: the base of the image, or of the code heap.
/// Where the code bytes are not in the capture, an epilogue of version 1 cannot be told from the body.
pub fn unwind(
    memory: &impl Memory,
    base: VirtAddr,
    entry: FunctionEntry,
    registers: &RegisterFile,
) -> Result<Unwound, UnwindError> {
    let offset = registers.ip().0.wrapping_sub(base.at_rva(entry.begin).0) as u32;
    let function = Function { base, entry: resolve(memory, base, entry)?, offset };
    let info = UnwindInfo::read(memory, base, function.entry.unwind_data)?;
    if let Some(caller) = epilogue::unwind(memory, &function, &info, registers) {
        return Ok(Unwound { registers: caller, interrupted: false, in_epilogue: true });
    }
    undo(memory, &function, info, registers)
}

/// Follows an entry that points at another entry instead of at unwind data.
fn resolve(
    memory: &impl Memory,
    base: VirtAddr,
    mut entry: FunctionEntry,
) -> Result<FunctionEntry, UnwindError> {
    for _ in 0..limits::MAX_UNWIND_CHAIN {
        if entry.unwind_data & 1 == 0 {
            return Ok(entry);
        }
        let at = VirtAddr(base.0.wrapping_add(u64::from(entry.unwind_data & !1)));
        let bytes = memory.array(at).ok_or(UnwindError::MissingUnwindData(at))?;
        entry = info::parse_entry(&bytes);
    }
    Err(UnwindError::EndlessChain)
}

/// Undoes the prologue, as far as it was executed.
fn undo(
    memory: &impl Memory,
    function: &Function,
    mut info: UnwindInfo,
    registers: &RegisterFile,
) -> Result<Unwound, UnwindError> {
    let mut caller = *registers;
    // Only the first record's codes can be half done; what it is chained to was executed before.
    let mut executed = Some(function.offset);
    for _ in 0..limits::MAX_UNWIND_CHAIN {
        let frame = frame_base(&info, executed, &caller)?;
        for code in info.codes() {
            let code = code?;
            if executed.is_some_and(|offset| offset < u32::from(code.offset)) {
                continue;
            }
            if let Some(interrupted) = apply(memory, &info, code, frame, &mut caller)? {
                return Ok(interrupted);
            }
        }
        match info.chained()? {
            None => {
                pop_return_address(memory, &mut caller)?;
                return Ok(Unwound { registers: caller, interrupted: false, in_epilogue: false });
            }
            Some(parent) => {
                let parent = resolve(memory, function.base, parent)?;
                info = UnwindInfo::read(memory, function.base, parent.unwind_data)?;
                executed = None;
            }
        }
    }
    Err(UnwindError::EndlessChain)
}

/// What saved registers are addressed from: the frame register once it is set, else the stack pointer.
fn frame_base(
    info: &UnwindInfo,
    executed: Option<u32>,
    registers: &RegisterFile,
) -> Result<u64, UnwindError> {
    let Some((register, distance)) = info.frame_register() else { return known(registers, RSP) };
    let set = match executed {
        None => true,
        Some(offset) if offset >= info.prologue_size() => true,
        Some(offset) => info.codes().any(|code| {
            code.is_ok_and(|code| {
                code.operation == Operation::SetFrameRegister && u32::from(code.offset) <= offset
            })
        }),
    };
    if set {
        Ok(known(registers, register)?.wrapping_sub(distance.into()))
    } else {
        known(registers, RSP)
    }
}

/// Undoes one operation. Gives the caller if the operation was an interruption.
fn apply(
    memory: &impl Memory,
    info: &UnwindInfo,
    code: Code,
    frame: u64,
    registers: &mut RegisterFile,
) -> Result<Option<Unwound>, UnwindError> {
    match code.operation {
        Operation::Push(register) => pop(memory, registers, register)?,
        Operation::Allocate(bytes) => {
            let sp = known(registers, RSP)?.wrapping_add(bytes.into());
            registers.set_sp(VirtAddr(sp));
        }
        Operation::SetFrameRegister => {
            if let Some((register, distance)) = info.frame_register() {
                let value = known(registers, register)?;
                registers.set_sp(VirtAddr(value.wrapping_sub(distance.into())));
            }
        }
        Operation::Save { register, offset } => {
            let at = VirtAddr(frame.wrapping_add(offset.into()));
            let value = word(memory, at)?;
            registers.set(register, value, RegisterOrigin::Saved(at));
        }
        // Vector registers hold no references and are not needed to unwind.
        Operation::SaveVector | Operation::Epilogue { .. } => {}
        Operation::MachineFrame { error_code } => {
            let mut at = known(registers, RSP)?;
            if error_code {
                at = at.wrapping_add(8);
            }
            // The processor pushed ss, rsp, rflags, cs, rip.
            let ip = word(memory, VirtAddr(at))?;
            let sp = word(memory, VirtAddr(at.wrapping_add(24)))?;
            registers.set_ip(VirtAddr(ip));
            registers.set_sp(VirtAddr(sp));
            return Ok(Some(Unwound {
                registers: *registers,
                interrupted: true,
                in_epilogue: false,
            }));
        }
    }
    Ok(None)
}

fn known(registers: &RegisterFile, register: u8) -> Result<u64, UnwindError> {
    registers.value(register).ok_or(UnwindError::UnknownRegister(register))
}

fn word(memory: &impl Memory, at: VirtAddr) -> Result<u64, UnwindError> {
    memory.array(at).map(u64::from_le_bytes).ok_or(UnwindError::MissingStack(at))
}

fn pop(
    memory: &impl Memory,
    registers: &mut RegisterFile,
    register: u8,
) -> Result<(), UnwindError> {
    let at = VirtAddr(known(registers, RSP)?);
    let value = word(memory, at)?;
    registers.set_sp(at.wrapping_add(8));
    registers.set(register, value, RegisterOrigin::Saved(at));
    Ok(())
}

fn pop_return_address(
    memory: &impl Memory,
    registers: &mut RegisterFile,
) -> Result<(), UnwindError> {
    let at = VirtAddr(known(registers, RSP)?);
    registers.set_ip(VirtAddr(word(memory, at)?));
    registers.set_sp(at.wrapping_add(8));
    Ok(())
}
