//! A thread can be caught in an epilogue, where the prologue is half undone already.
//!
//! Version 1 has no table of epilogues: they are recognised by their form, which compilers must keep to
//! (an addition to rsp or an lea from the frame register, pops, a return or a jump out of the function).
//! Version 2 lists where they are, and what was popped follows from the prologue's pushes.

use clrscope_memory::VirtAddr;

use super::codes::Operation;
use super::info::UnwindInfo;
use super::{Function, RSP, known, pop, pop_return_address};
use crate::unwind::{Memory, RegisterFile};

/// Enough for the longest epilogue: an addition, eight pops of extended registers, a jump.
const WINDOW: usize = 48;

/// The caller's registers, if the frame is in an epilogue.
pub(super) fn unwind(
    memory: &impl Memory,
    function: &Function,
    info: &UnwindInfo,
    registers: &RegisterFile,
) -> Option<RegisterFile> {
    if function.offset < info.prologue_size() {
        return None;
    }
    let listed = if info.version() >= 2 { Some(listed_epilogue(function, info)?) } else { None };
    let mut window = [0; WINDOW];
    let length = memory.read(registers.ip(), &mut window);
    match (window.get(..length), listed) {
        (Some(code), _) if !code.is_empty() => execute(memory, function, info, code, registers),
        (_, Some(begun)) => by_pushes(memory, info, begun, registers),
        _ => None,
    }
}

/// How many bytes of a listed epilogue have been executed.
fn listed_epilogue(function: &Function, info: &UnwindInfo) -> Option<u32> {
    let length = function.entry.end.0.checked_sub(function.entry.begin.0)?;
    let mut epilogues = info.codes().map_while(|code| match code.ok()?.operation {
        Operation::Epilogue { low, high } => Some((low, high)),
        _ => None,
    });
    let (size, at_end) = epilogues.next()?;
    let size = u32::from(size);
    let first = (at_end & 1 != 0).then_some(size);
    first
        .into_iter()
        .chain(epilogues.map(|(low, high)| u32::from(high) << 8 | u32::from(low)))
        .filter(|&distance| distance != 0)
        .filter_map(|distance| function.offset.checked_sub(length.checked_sub(distance)?))
        .find(|&begun| begun < size)
}

/// Without the code: listed epilogues are only pops, in the reverse order of the prologue's pushes.
fn by_pushes(
    memory: &impl Memory,
    info: &UnwindInfo,
    begun: u32,
    registers: &RegisterFile,
) -> Option<RegisterFile> {
    let mut caller = *registers;
    let mut at = 0;
    for code in info.codes() {
        if let Operation::Push(register) = code.ok()?.operation {
            if at >= begun {
                pop(memory, &mut caller, register).ok()?;
            }
            at += if register >= 8 { 2 } else { 1 };
        }
    }
    pop_return_address(memory, &mut caller).ok()?;
    Some(caller)
}

/// Executes what looks like the rest of an epilogue; `None` if it is not one.
fn execute(
    memory: &impl Memory,
    function: &Function,
    info: &UnwindInfo,
    code: &[u8],
    registers: &RegisterFile,
) -> Option<RegisterFile> {
    let mut caller = *registers;
    let mut rest = release_frame(info, code, &mut caller)?;
    loop {
        match *rest {
            [byte @ 0x58..=0x5f, ..] => {
                pop(memory, &mut caller, byte - 0x58).ok()?;
                rest = rest.get(1..)?;
            }
            [prefix @ 0x40..=0x4f, byte @ 0x58..=0x5f, ..] => {
                pop(memory, &mut caller, byte - 0x58 + (prefix & 1) * 8).ok()?;
                rest = rest.get(2..)?;
            }
            _ => break,
        }
    }
    if !leaves(function, registers.ip(), code.len() - rest.len(), rest) {
        return None;
    }
    pop_return_address(memory, &mut caller).ok()?;
    Some(caller)
}

/// `add rsp, n` or `lea rsp, [frame register + n]`, which may begin an epilogue. Gives what follows.
fn release_frame<'c>(
    info: &UnwindInfo,
    code: &'c [u8],
    registers: &mut RegisterFile,
) -> Option<&'c [u8]> {
    let (base, distance, length) = match *code {
        [0x48, 0x83, 0xc4, n, ..] => (RSP, i64::from(n as i8), 4),
        [0x48, 0x81, 0xc4, a, b, c, d, ..] => (RSP, i32::from_le_bytes([a, b, c, d]).into(), 7),
        [0x48 | 0x49, 0x8d, modrm, ..] if modrm & 0x38 == 0x20 && modrm & 7 != 4 => {
            let (register, _) = info.frame_register()?;
            if register != (modrm & 7) + (code[0] & 1) * 8 {
                return None;
            }
            match (modrm >> 6, code.get(3..)?) {
                (1, [n, ..]) => (register, i64::from(*n as i8), 4),
                (2, [a, b, c, d, ..]) => (register, i32::from_le_bytes([*a, *b, *c, *d]).into(), 7),
                _ => return None,
            }
        }
        _ => return Some(code),
    };
    let sp = known(registers, base).ok()?.wrapping_add_signed(distance);
    registers.set_sp(VirtAddr(sp));
    code.get(length..)
}

/// Whether an instruction returns, or jumps out of the function.
fn leaves(function: &Function, ip: VirtAddr, skipped: usize, code: &[u8]) -> bool {
    let jumps_out = |length: u64, distance: i64| {
        let from = ip.0.wrapping_add(skipped as u64).wrapping_add(length);
        let target = from.wrapping_add_signed(distance).wrapping_sub(function.base.0);
        let (begin, end) = (u64::from(function.entry.begin.0), u64::from(function.entry.end.0));
        !(begin..end).contains(&target)
    };
    match *code {
        [0xc3, ..] | [0xc2, _, _, ..] | [0xf3, 0xc3, ..] => true,
        [0xeb, n, ..] => jumps_out(2, i64::from(n as i8)),
        [0xe9, a, b, c, d, ..] => jumps_out(5, i32::from_le_bytes([a, b, c, d]).into()),
        // jmp through memory relative to rip, or rex.w jmp through a register or memory.
        [0xff, 0x25, ..] => true,
        [0x48..=0x4f, 0xff, modrm, ..] => modrm & 0x38 == 0x20,
        _ => false,
    }
}
