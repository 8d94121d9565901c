//! From one frame of a stack to the frame that called it.
//!
//! A [`RegisterFile`] says what the registers held in a frame, and for each where that value is kept
//! now: a reference in a callee-saved register lives in whatever frame saved it. One step takes the
//! register file of a frame to that of its caller:
//!
//! * [`x64::unwind`] by Windows' unwind codes, versions 1 and 2;
//! * [`arm64::unwind`] by packed unwind data and by unwind codes;
//! * [`x86::unwind_frame_pointer`] by the chain of saved frame pointers, since x86 has no unwind codes;
//! * [`scan`] when all else fails: the next word on the stack that looks like a return address.
//!
//! Who knows which function an address belongs to is the caller: an image's exception directory, the
//! runtime's own map of compiled code, a table of the capture.

mod registers;
mod scan;

pub mod arm64;
pub mod x64;
pub mod x86;

use clrscope_memory::{AddressSpace, Rva, VirtAddr};

pub use self::registers::{RegisterFile, RegisterOrigin, RegisterValue};
pub use self::scan::scan;

/// How a frame was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FoundBy {
    /// It is where the thread was executing.
    Context,
    /// By unwind codes.
    Cfi,
    /// By the chain of saved frame pointers.
    FramePointer,
    /// By a record that the runtime keeps on the stack where it leaves managed code.
    ExplicitFrame,
    /// A word on the stack that looks like a return address.
    Scan,
}

impl FoundBy {
    /// The name that machine-readable output uses.
    pub const fn name(self) -> &'static str {
        match self {
            FoundBy::Context => "context",
            FoundBy::Cfi => "cfi",
            FoundBy::FramePointer => "frame-pointer",
            FoundBy::ExplicitFrame => "explicit-frame",
            FoundBy::Scan => "scan",
        }
    }
}

/// Memory that is read while unwinding: the stack, unwind data, and code.
pub trait Memory {
    /// Copies bytes from `address` on and gives how many there were before the first absent one.
    fn read(&self, address: VirtAddr, buffer: &mut [u8]) -> usize;

    /// `N` bytes at `address`, if all are there.
    fn array<const N: usize>(&self, address: VirtAddr) -> Option<[u8; N]>
    where
        Self: Sized,
    {
        let mut buffer = [0; N];
        (self.read(address, &mut buffer) == N).then_some(buffer)
    }
}

impl Memory for AddressSpace<'_> {
    fn read(&self, address: VirtAddr, buffer: &mut [u8]) -> usize {
        self.read_into(address, buffer)
    }
}

/// What the unwind tables say of one function or a part of one, relative to the base of its image or
/// code heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionEntry {
    /// Where it begins.
    pub begin: Rva,
    /// Where it ends, exclusive; zero on arm64, where the unwind data says so.
    pub end: Rva,
    /// Where its unwind data is; on arm64 the packed data themselves if the low two bits are set.
    pub unwind_data: u32,
}

/// The frame of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwound {
    /// What the registers held there.
    pub registers: RegisterFile,
    /// Whether the caller did not call but was interrupted: its program counter is the instruction to
    /// be executed, not the one behind a call.
    pub interrupted: bool,
    /// Whether the frame was executing an epilogue.
    pub in_epilogue: bool,
}

/// Why a step is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnwindError {
    /// The unwind data is not in the capture.
    #[error("unwind data at {0} is not in the capture")]
    MissingUnwindData(VirtAddr),
    /// The unwind data is of a version that nobody has defined.
    #[error("unwind data of unknown version {0}")]
    UnknownVersion(u8),
    /// An operation that nobody has defined.
    #[error("unknown unwind operation {0:#x}")]
    UnknownOperation(u8),
    /// The last operation needs more data than there is.
    #[error("the unwind codes end early")]
    TruncatedCodes,
    /// A chain of unwind data longer than [`clrscope_memory::limits::MAX_UNWIND_CHAIN`].
    #[error("a chain of unwind data does not end")]
    EndlessChain,
    /// A word of the stack that is needed is not in the capture.
    #[error("the stack at {0} is not in the capture")]
    MissingStack(VirtAddr),
    /// A register is needed whose value is not known in this frame.
    #[error("the value of register {0} is not known")]
    UnknownRegister(u8),
    /// The frame pointer does not point into the stack above the frame.
    #[error("the frame pointer {0} does not point up the stack")]
    BadFramePointer(VirtAddr),
}
