//! What machine the capture was taken on. Nothing here is about the machine that reads it.

use std::fmt;

/// The processor architecture of the captured process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// 32-bit x86.
    X86,
    /// x86-64.
    X64,
    /// 32-bit ARM.
    Arm,
    /// 64-bit ARM.
    Arm64,
    /// Anything else, by the container's own number.
    Other(u32),
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arch::X86 => f.write_str("x86"),
            Arch::X64 => f.write_str("x64"),
            Arch::Arm => f.write_str("arm"),
            Arch::Arm64 => f.write_str("arm64"),
            Arch::Other(number) => write!(f, "architecture {number}"),
        }
    }
}

/// The operating system of the captured process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Os {
    /// Windows of any kind.
    Windows,
    /// Linux.
    Linux,
    /// macOS.
    MacOs,
    /// Anything else, by the container's own number.
    Other(u32),
}

impl fmt::Display for Os {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Os::Windows => f.write_str("windows"),
            Os::Linux => f.write_str("linux"),
            Os::MacOs => f.write_str("macos"),
            Os::Other(number) => write!(f, "os {number}"),
        }
    }
}

/// How wide a pointer of the captured process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PointerWidth {
    /// Four bytes.
    Four,
    /// Eight bytes.
    Eight,
}

impl PointerWidth {
    /// The width in bytes.
    pub const fn bytes(self) -> u64 {
        match self {
            PointerWidth::Four => 4,
            PointerWidth::Eight => 8,
        }
    }
}

/// The machine that the captured process ran on. All targets are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Processor architecture.
    pub arch: Arch,
    /// Pointer width.
    pub pointer: PointerWidth,
    /// Operating system.
    pub os: Os,
}

impl Target {
    /// 64-bit Windows on x86-64.
    pub const X64_WINDOWS: Target =
        Target { arch: Arch::X64, pointer: PointerWidth::Eight, os: Os::Windows };
    /// 32-bit Windows on x86.
    pub const X86_WINDOWS: Target =
        Target { arch: Arch::X86, pointer: PointerWidth::Four, os: Os::Windows };

    /// The target for an architecture, whose pointers are as wide as the architecture says.
    pub const fn new(arch: Arch, os: Os) -> Target {
        let pointer = match arch {
            Arch::X86 | Arch::Arm => PointerWidth::Four,
            Arch::X64 | Arch::Arm64 | Arch::Other(_) => PointerWidth::Eight,
        };
        Target { arch, pointer, os }
    }

    /// Pointer size in bytes, 4 or 8.
    pub const fn pointer_bytes(self) -> u64 {
        self.pointer.bytes()
    }
}
