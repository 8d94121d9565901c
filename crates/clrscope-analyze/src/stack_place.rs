//! Where a reference of a stack is, as a debugger writes it.

use std::fmt;

use clrscope_clr::stack::{RootLocation, StackOffset};
use clrscope_memory::{Arch, VirtAddr};

use crate::register_names::register_name;

/// A register, or a word of the stack by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StackPlace {
    /// The register that holds the reference, or that the word is relative to; `caller.sp` for the stack
    /// pointer that the caller has after the call. `None` if it is not known.
    pub register: Option<&'static str>,
    /// Of a word of the stack, how many bytes it is from where the register points.
    pub offset: Option<i64>,
}

impl StackPlace {
    /// The place of a location. `frame_sp` is the stack pointer of the frame that it belongs to or whose
    /// memory it lies in: a word of which GC info says nothing is shown relative to that.
    pub fn new(arch: Arch, location: RootLocation, frame_sp: Option<VirtAddr>) -> StackPlace {
        match location {
            RootLocation::Register { number, .. } => {
                StackPlace { register: register_name(arch, number), offset: None }
            }
            RootLocation::Stack { relative: Some(StackOffset { register, offset }), .. } => {
                let register = register.map_or(Some("caller.sp"), |n| register_name(arch, n));
                StackPlace { register, offset: Some(offset.into()) }
            }
            RootLocation::Stack { address, relative: None } => {
                let offset = frame_sp.map(|sp| address.0.wrapping_sub(sp.0) as i64);
                StackPlace { register: offset.and(stack_pointer(arch)), offset }
            }
        }
    }
}

/// `rsi`, `rbp-18`, `rsp+20`; nothing if it is not known.
impl fmt::Display for StackPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.register, self.offset) {
            (None, _) => String::new(),
            (Some(register), None | Some(0)) => register.to_owned(),
            (Some(register), Some(offset)) => {
                let sign = if offset < 0 { '-' } else { '+' };
                format!("{register}{sign}{:x}", offset.unsigned_abs())
            }
        };
        f.pad(&text)
    }
}

fn stack_pointer(arch: Arch) -> Option<&'static str> {
    match arch {
        Arch::X86 => Some("esp"),
        Arch::X64 => Some("rsp"),
        Arch::Arm64 => Some("sp"),
        Arch::Arm | Arch::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(arch: Arch, location: RootLocation, frame: Option<u64>) -> String {
        StackPlace::new(arch, location, frame.map(VirtAddr)).to_string()
    }

    fn word(address: u64, relative: Option<(Option<u8>, i32)>) -> RootLocation {
        let relative = relative.map(|(register, offset)| StackOffset { register, offset });
        RootLocation::Stack { address: VirtAddr(address), relative }
    }

    #[test]
    fn places_are_written_as_a_debugger_does() {
        let rsi = RootLocation::Register { number: 6, saved_at: None };
        assert_eq!(shown(Arch::X64, rsi, None), "rsi");
        assert_eq!(shown(Arch::X86, rsi, None), "esi");
        assert_eq!(shown(Arch::Arm64, rsi, None), "x6");
        assert_eq!(shown(Arch::X64, word(0x1000, Some((Some(5), -0x18))), None), "rbp-18");
        assert_eq!(shown(Arch::X64, word(0x1000, Some((Some(4), 0x20))), None), "rsp+20");
        assert_eq!(shown(Arch::X64, word(0x1000, Some((Some(4), 0))), None), "rsp");
        assert_eq!(shown(Arch::X64, word(0x1000, Some((None, -8))), None), "caller.sp-8");
        // A word that only looks like a reference: by the frame whose memory it is in.
        assert_eq!(shown(Arch::X86, word(0x1010, None), Some(0x1000)), "esp+10");
        assert_eq!(shown(Arch::X86, word(0x1010, None), None), "");
        let unknown = RootLocation::Register { number: 200, saved_at: None };
        assert_eq!(shown(Arch::X64, unknown, None), "");
    }
}
