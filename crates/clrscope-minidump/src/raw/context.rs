use zerocopy::little_endian::{U16, U32, U64};

structures! {
    /// The registers of an x86 thread.
    CONTEXT_X86 = 716 {
        ContextFlags: U32,
        Dr0: U32,
        Dr1: U32,
        Dr2: U32,
        Dr3: U32,
        Dr6: U32,
        Dr7: U32,
        FloatSave: [u8; 112],
        SegGs: U32,
        SegFs: U32,
        SegEs: U32,
        SegDs: U32,
        Edi: U32,
        Esi: U32,
        Ebx: U32,
        Edx: U32,
        Ecx: U32,
        Eax: U32,
        Ebp: U32,
        Eip: U32,
        SegCs: U32,
        EFlags: U32,
        Esp: U32,
        SegSs: U32,
        ExtendedRegisters: [u8; 512],
    }
    /// The registers of an x64 thread.
    CONTEXT_AMD64 = 1232 {
        P1Home: U64,
        P2Home: U64,
        P3Home: U64,
        P4Home: U64,
        P5Home: U64,
        P6Home: U64,
        ContextFlags: U32,
        MxCsr: U32,
        SegCs: U16,
        SegDs: U16,
        SegEs: U16,
        SegFs: U16,
        SegGs: U16,
        SegSs: U16,
        EFlags: U32,
        Dr0: U64,
        Dr1: U64,
        Dr2: U64,
        Dr3: U64,
        Dr6: U64,
        Dr7: U64,
        Rax: U64,
        Rcx: U64,
        Rdx: U64,
        Rbx: U64,
        Rsp: U64,
        Rbp: U64,
        Rsi: U64,
        Rdi: U64,
        R8: U64,
        R9: U64,
        R10: U64,
        R11: U64,
        R12: U64,
        R13: U64,
        R14: U64,
        R15: U64,
        Rip: U64,
        FltSave: [u8; 512],
        VectorRegister: [[U64; 2]; 26],
        VectorControl: U64,
        DebugControl: U64,
        LastBranchToRip: U64,
        LastBranchFromRip: U64,
        LastExceptionToRip: U64,
        LastExceptionFromRip: U64,
    }
    /// The registers of an arm64 thread. `X` are X0 to X28, the frame pointer and the link register.
    CONTEXT_ARM64 = 912 {
        ContextFlags: U32,
        Cpsr: U32,
        X: [U64; 31],
        Sp: U64,
        Pc: U64,
        V: [[U64; 2]; 32],
        Fpcr: U32,
        Fpsr: U32,
        Bcr: [U32; 8],
        Bvr: [U64; 8],
        Wcr: [U32; 2],
        Wvr: [U64; 2],
    }
}

/// Set in `CONTEXT_X86::ContextFlags`.
pub const CONTEXT_X86_FLAG: u32 = 0x0001_0000;
/// Set in `CONTEXT_AMD64::ContextFlags`.
pub const CONTEXT_AMD64_FLAG: u32 = 0x0010_0000;
/// Set in `CONTEXT_ARM64::ContextFlags`.
pub const CONTEXT_ARM64_FLAG: u32 = 0x0040_0000;
