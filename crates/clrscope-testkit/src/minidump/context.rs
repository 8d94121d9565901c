//! Registers of a thread.

use crate::bytes::Bytes;

/// A thread context with the registers that matter; the others are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// `CONTEXT` of x86: 716 bytes.
    X86 {
        /// EIP.
        ip: u32,
        /// ESP.
        sp: u32,
        /// EBP.
        fp: u32,
        /// EAX, ECX, EDX, EBX, ESI, EDI.
        general: [u32; 6],
    },
    /// `CONTEXT` of x64: 1232 bytes.
    X64 {
        /// RIP.
        ip: u64,
        /// RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
        general: [u64; 16],
    },
    /// `ARM64_NT_CONTEXT`: 912 bytes.
    Arm64 {
        /// PC.
        ip: u64,
        /// SP.
        sp: u64,
        /// X0 to X28, frame pointer, link register.
        general: [u64; 31],
    },
}

impl Context {
    /// The context as it is in memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Bytes::new();
        match self {
            Context::X86 { ip, sp, fp, general: [eax, ecx, edx, ebx, esi, edi] } => {
                // Flags: x86, control, integer, segments.
                bytes.u32(0x0001_0007).pad_to(0x9c);
                bytes.u32(*edi).u32(*esi).u32(*ebx).u32(*edx).u32(*ecx).u32(*eax);
                bytes.u32(*fp).u32(*ip).u32(0x23).u32(0x202).u32(*sp).u32(0x2b).pad_to(716);
            }
            Context::X64 { ip, general } => {
                bytes.pad_to(0x30).u32(0x0010_000b).u32(0x1f80).u16(0x33).pad_to(0x44).u32(0x202);
                bytes.pad_to(0x78);
                for register in general {
                    bytes.u64(*register);
                }
                bytes.u64(*ip).pad_to(1232);
            }
            Context::Arm64 { ip, sp, general } => {
                bytes.u32(0x0040_0003).u32(0x6000_0000);
                for register in general {
                    bytes.u64(*register);
                }
                bytes.u64(*sp).u64(*ip).pad_to(912);
            }
        }
        bytes.into_vec()
    }
}
