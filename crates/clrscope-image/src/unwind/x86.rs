//! x86: no unwind codes, but most functions keep a frame pointer.

use clrscope_memory::VirtAddr;

use super::{Memory, RegisterFile, RegisterOrigin, UnwindError, Unwound};

/// The stack pointer's number.
pub const ESP: u8 = 4;
/// The frame pointer's number.
pub const EBP: u8 = 5;

/// The frame of the caller of a function that has pushed its caller's frame pointer and made the
/// stack pointer its own: the caller's frame pointer is at `[ebp]`, the return address above it.
///
/// The other registers are unknown in the caller. `stack_end` is where the stack began.
pub fn unwind_frame_pointer(
    memory: &impl Memory,
    registers: &RegisterFile,
    stack_end: VirtAddr,
) -> Result<Unwound, UnwindError> {
    let frame = VirtAddr(registers.value(EBP).ok_or(UnwindError::UnknownRegister(EBP))?);
    let bad = UnwindError::BadFramePointer(frame);
    if frame < registers.sp() || !frame.is_aligned(4) {
        return Err(bad);
    }
    let above = frame.checked_add(8).filter(|&above| above <= stack_end).ok_or(bad)?;
    let words: [u8; 8] = memory.array(frame).ok_or(UnwindError::MissingStack(frame))?;
    let [a, b, c, d, e, f, g, h] = words;
    let ip = VirtAddr(u32::from_le_bytes([e, f, g, h]).into());
    let mut caller = RegisterFile::bare(ip, above, ESP);
    let saved = u32::from_le_bytes([a, b, c, d]);
    caller.set(EBP, saved.into(), RegisterOrigin::Saved(frame));
    Ok(Unwound { registers: caller, interrupted: false, in_epilogue: false })
}
