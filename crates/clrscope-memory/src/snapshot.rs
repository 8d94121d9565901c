//! What a container format gives to those who read a process.

use std::fmt;

use crate::{AddressSpace, Target, VirtAddr};

/// A version as Windows' fixed file information has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileVersion {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub build: u16,
    /// Fourth number.
    pub revision: u16,
}

impl fmt::Display for FileVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.major, self.minor, self.build, self.revision)
    }
}

/// An image that was loaded in the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRecord {
    /// Address of its first byte.
    pub base: VirtAddr,
    /// Bytes that it takes in memory.
    pub size: u64,
    /// Path as the process knew it.
    pub name: String,
    /// Time stamp of its header; with the size it identifies a PE image.
    pub timestamp: u32,
    /// Check sum of its header.
    pub checksum: u32,
    /// Its file version, if the capture knows one.
    pub version: Option<FileVersion>,
}

impl ModuleRecord {
    /// Address behind its last byte.
    pub fn end(&self) -> VirtAddr {
        VirtAddr(self.base.0.saturating_add(self.size))
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: VirtAddr) -> bool {
        self.base <= address && address < self.end()
    }

    /// The last part of its path, whichever separator the path uses.
    pub fn file_name(&self) -> &str {
        file_name(&self.name)
    }
}

/// The last part of a path, whichever separator it uses.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// The registers that unwinding starts from and that may hold references.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registers {
    /// x86: eax, ecx, edx, ebx, esp, ebp, esi, edi (in the order of their encoding) and eip.
    X86 {
        /// General registers.
        general: [u32; 8],
        /// Instruction pointer.
        ip: u32,
    },
    /// x64: rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15 (in the order of their encoding), rip.
    X64 {
        /// General registers.
        general: [u64; 16],
        /// Instruction pointer.
        ip: u64,
    },
    /// arm64: x0 to x30 (29 is the frame pointer, 30 the link register), sp, pc.
    Arm64 {
        /// General registers.
        general: [u64; 31],
        /// Stack pointer.
        sp: u64,
        /// Program counter.
        pc: u64,
    },
}

impl Registers {
    /// Where the thread was executing.
    pub fn instruction_pointer(&self) -> VirtAddr {
        match *self {
            Registers::X86 { ip, .. } => VirtAddr(ip.into()),
            Registers::X64 { ip, .. } => VirtAddr(ip),
            Registers::Arm64 { pc, .. } => VirtAddr(pc),
        }
    }

    /// The top of the thread's stack.
    pub fn stack_pointer(&self) -> VirtAddr {
        match *self {
            Registers::X86 { general, .. } => VirtAddr(general[4].into()),
            Registers::X64 { general, .. } => VirtAddr(general[4]),
            Registers::Arm64 { sp, .. } => VirtAddr(sp),
        }
    }
}

/// A thread of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadRecord {
    /// The operating system's number of it.
    pub os_id: u32,
    /// Address of its environment block; null if unknown.
    pub teb: VirtAddr,
    /// Lowest address of the stack that the capture lists.
    pub stack_start: VirtAddr,
    /// Bytes of stack from there; the end is the base that the stack grew down from.
    pub stack_bytes: u64,
    /// Its registers, if the capture holds them.
    pub registers: Option<Registers>,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// How often it was suspended.
    pub suspend_count: u32,
    /// Its times, if the capture knows them.
    pub times: Option<ThreadTimes>,
}

/// When a thread was created, and how long it has run: in units of 100 ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ThreadTimes {
    /// When it was created, since the beginning of 1601 (UTC).
    pub created: u64,
    /// Time in the kernel.
    pub kernel: u64,
    /// Time in user mode.
    pub user: u64,
}

impl ThreadTimes {
    /// How long it has run in all.
    pub fn total(&self) -> u64 {
        self.kernel.saturating_add(self.user)
    }
}

/// Whether pages of a region exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegionState {
    /// Backed by memory or the paging file.
    Commit,
    /// Set aside only.
    Reserve,
    /// Not in use.
    Free,
}

/// What a region is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegionType {
    /// Private to the process.
    Private,
    /// A view of a section or file.
    Mapped,
    /// A view of an image.
    Image,
    /// Unknown, or none (free regions).
    Unknown,
}

/// A region of the address space as the operating system described it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionRecord {
    /// Address of its first byte.
    pub base: VirtAddr,
    /// Address that the allocation it belongs to began at.
    pub allocation_base: VirtAddr,
    /// Length in bytes.
    pub size: u64,
    /// Whether its pages exist.
    pub state: RegionState,
    /// What it is for.
    pub kind: RegionType,
    /// Protection as Windows' `PAGE_*` flags.
    pub protection: u32,
}

impl RegionRecord {
    /// The one of `regions` that `address` lies in. They are in order of address.
    pub fn find(regions: &[RegionRecord], address: VirtAddr) -> Option<&RegionRecord> {
        let after = regions.partition_point(|region| region.base <= address);
        let region = regions.get(after.checked_sub(1)?)?;
        (address.0 - region.base.0 < region.size).then_some(region)
    }

    /// Those of `regions` that belong to the allocation that began at `base`. They are in order of
    /// address.
    pub fn of_allocation(regions: &[RegionRecord], base: VirtAddr) -> &[RegionRecord] {
        let first = regions.partition_point(|region| region.base < base);
        let behind = regions.get(first..).unwrap_or_default();
        let count = behind.iter().take_while(|region| region.allocation_base == base).count();
        behind.get(..count).unwrap_or_default()
    }
}

/// A captured process, whatever file it came from.
#[derive(Debug, Clone)]
pub struct Snapshot<'data> {
    /// The machine that it ran on.
    pub target: Target,
    /// Its memory.
    pub space: AddressSpace<'data>,
    /// Its images, in the capture's order.
    pub modules: Vec<ModuleRecord>,
    /// Its threads, in the capture's order.
    pub threads: Vec<ThreadRecord>,
    /// Its regions in order of address; empty if the capture does not describe them.
    pub regions: Vec<RegionRecord>,
    /// Its number.
    pub process_id: Option<u32>,
}

impl Snapshot<'_> {
    /// The region that `address` lies in, if the capture describes regions.
    pub fn region_at(&self, address: VirtAddr) -> Option<&RegionRecord> {
        RegionRecord::find(&self.regions, address)
    }

    /// The image that `address` lies in.
    pub fn module_at(&self, address: VirtAddr) -> Option<&ModuleRecord> {
        self.modules.iter().find(|module| module.contains(address))
    }

    /// The thread with an operating-system number.
    pub fn thread(&self, os_id: u32) -> Option<&ThreadRecord> {
        self.threads.iter().find(|thread| thread.os_id == os_id)
    }
}
