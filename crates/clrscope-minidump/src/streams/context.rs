use clrscope_memory::{Arch, FileOffset, Issue, IssueKind, Registers};
use zerocopy::FromBytes;

use crate::bytes::{bad_value, truncated};
use crate::raw::{
    CONTEXT_AMD64, CONTEXT_AMD64_FLAG, CONTEXT_ARM64, CONTEXT_ARM64_FLAG, CONTEXT_X86,
    CONTEXT_X86_FLAG,
};

/// The registers of a thread as the processor's `CONTEXT` structure, borrowed. What lies behind the
/// known part (extended processor state) is in [`Context::bytes`].
#[derive(Debug, Clone, Copy)]
pub struct Context<'data> {
    bytes: &'data [u8],
    offset: FileOffset,
}

impl<'data> Context<'data> {
    pub(crate) fn new(bytes: &'data [u8], offset: FileOffset) -> Context<'data> {
        Context { bytes, offset }
    }

    /// The structure and what lies behind it.
    pub fn bytes(&self) -> &'data [u8] {
        self.bytes
    }

    /// Where it is in the file.
    pub fn offset(&self) -> FileOffset {
        self.offset
    }

    /// The structure of x86, if the bytes are one.
    pub fn x86(&self) -> Option<&'data CONTEXT_X86> {
        let (context, _) = CONTEXT_X86::ref_from_prefix(self.bytes).ok()?;
        (context.ContextFlags.get() & CONTEXT_X86_FLAG != 0).then_some(context)
    }

    /// The structure of x64, if the bytes are one.
    pub fn x64(&self) -> Option<&'data CONTEXT_AMD64> {
        let (context, _) = CONTEXT_AMD64::ref_from_prefix(self.bytes).ok()?;
        (context.ContextFlags.get() & CONTEXT_AMD64_FLAG != 0).then_some(context)
    }

    /// The structure of arm64, if the bytes are one.
    pub fn arm64(&self) -> Option<&'data CONTEXT_ARM64> {
        let (context, _) = CONTEXT_ARM64::ref_from_prefix(self.bytes).ok()?;
        (context.ContextFlags.get() & CONTEXT_ARM64_FLAG != 0).then_some(context)
    }

    /// The architecture whose flag the structure has.
    pub(crate) fn guess_arch(&self) -> Option<Arch> {
        if self.x64().is_some() {
            Some(Arch::X64)
        } else if self.arm64().is_some() {
            Some(Arch::Arm64)
        } else if self.x86().is_some() {
            Some(Arch::X86)
        } else {
            None
        }
    }

    /// The registers that unwinding starts from.
    ///
    /// # Errors
    /// If the bytes are too few, have not the flag of the architecture, or the architecture's contexts
    /// are not read.
    pub fn registers(&self, arch: Arch) -> Result<Registers, Issue> {
        let (registers, size) = match arch {
            Arch::X86 => (self.x86().map(x86), size_of::<CONTEXT_X86>()),
            Arch::X64 => (self.x64().map(x64), size_of::<CONTEXT_AMD64>()),
            Arch::Arm64 => (self.arm64().map(arm64), size_of::<CONTEXT_ARM64>()),
            Arch::Arm | Arch::Other(_) => {
                return Err(Issue::in_file(
                    IssueKind::Unsupported,
                    self.offset,
                    format!("contexts of {arch} are not read"),
                ));
            }
        };
        registers.ok_or_else(|| {
            if self.bytes.len() < size {
                truncated(self.offset.0, format!("a context of {arch} ends early"))
            } else {
                bad_value(self.offset.0, format!("a context is not of {arch}"))
            }
        })
    }
}

fn x86(context: &CONTEXT_X86) -> Registers {
    let c = context;
    let general = [c.Eax, c.Ecx, c.Edx, c.Ebx, c.Esp, c.Ebp, c.Esi, c.Edi].map(|value| value.get());
    Registers::X86 { general, ip: c.Eip.get() }
}

fn x64(context: &CONTEXT_AMD64) -> Registers {
    let c = context;
    let general = [
        c.Rax, c.Rcx, c.Rdx, c.Rbx, c.Rsp, c.Rbp, c.Rsi, c.Rdi, c.R8, c.R9, c.R10, c.R11, c.R12,
        c.R13, c.R14, c.R15,
    ];
    Registers::X64 { general: general.map(|value| value.get()), ip: c.Rip.get() }
}

fn arm64(context: &CONTEXT_ARM64) -> Registers {
    Registers::Arm64 {
        general: context.X.map(|value| value.get()),
        sp: context.Sp.get(),
        pc: context.Pc.get(),
    }
}
