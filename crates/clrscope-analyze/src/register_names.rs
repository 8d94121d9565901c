//! General registers by name.

use clrscope_image::unwind::RegisterFile;
use clrscope_memory::{Arch, VirtAddr};

/// What a register held in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterValue {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: VirtAddr,
}

/// The name of a general register by the number that instructions encode it with.
pub(crate) fn register_name(arch: Arch, number: u8) -> Option<&'static str> {
    names(arch).get(usize::from(number)).copied()
}

/// The registers of a frame whose values are known, in the order of their numbers. Of a frame that called
/// another, those that a call may change are not.
pub(crate) fn known_registers(
    arch: Arch,
    file: &RegisterFile,
    has_called: bool,
) -> Vec<RegisterValue> {
    let numbered = (0..).zip(names(arch));
    let known = numbered.filter_map(|(number, &name)| {
        let value = file.value(number).filter(|_| !has_called || survives_calls(arch, number))?;
        Some(RegisterValue { name, value: VirtAddr(value) })
    });
    known.collect()
}

/// Whether a function must leave a register as it was, by the calling conventions of Windows.
fn survives_calls(arch: Arch, number: u8) -> bool {
    match arch {
        // All but eax, ecx and edx; on x64 also r8 to r11.
        Arch::X86 | Arch::X64 => !matches!(number, 0..=2 | 8..=11),
        Arch::Arm64 => matches!(number, 19..=29 | 31),
        Arch::Arm | Arch::Other(_) => false,
    }
}

fn names(arch: Arch) -> &'static [&'static str] {
    const X86: [&str; 8] = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];
    const X64: [&str; 16] = [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15",
    ];
    const ARM64: [&str; 32] = [
        "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
        "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
        "x27", "x28", "fp", "lr", "sp",
    ];
    match arch {
        Arch::X86 => &X86,
        Arch::X64 => &X64,
        Arch::Arm64 => &ARM64,
        Arch::Arm | Arch::Other(_) => &[],
    }
}
