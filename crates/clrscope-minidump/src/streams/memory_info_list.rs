use clrscope_memory::{Parsed, RegionRecord, RegionState, RegionType, VirtAddr};

use crate::bytes::File;
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_MEMORY_INFO, MINIDUMP_MEMORY_INFO_LIST};
use crate::{Minidump, StreamType};

/// A region of the address space as `VirtualQuery` described it.
#[derive(Debug, Clone, Copy)]
pub struct MemoryInfo<'data> {
    raw: &'data MINIDUMP_MEMORY_INFO,
}

impl<'data> Record<'data> for MemoryInfo<'data> {
    type Raw = MINIDUMP_MEMORY_INFO;

    fn view(raw: &'data MINIDUMP_MEMORY_INFO, _: File<'data>) -> Self {
        MemoryInfo { raw }
    }
}

impl<'data> MemoryInfo<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_MEMORY_INFO {
        self.raw
    }

    /// Address of its first byte.
    pub fn base(&self) -> VirtAddr {
        VirtAddr(self.raw.BaseAddress.get())
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.raw.RegionSize.get()
    }

    /// Whether its pages exist; `None` if the number is of no known state.
    pub fn state(&self) -> Option<RegionState> {
        match self.raw.State.get() {
            0x1000 => Some(RegionState::Commit),
            0x2000 => Some(RegionState::Reserve),
            0x10000 => Some(RegionState::Free),
            _ => None,
        }
    }

    /// What it is for.
    pub fn kind(&self) -> RegionType {
        match self.raw.Type.get() {
            0x2_0000 => RegionType::Private,
            0x4_0000 => RegionType::Mapped,
            0x100_0000 => RegionType::Image,
            _ => RegionType::Unknown,
        }
    }

    /// The region as every container gives it; `None` if its state is unknown.
    pub fn record(&self) -> Option<RegionRecord> {
        Some(RegionRecord {
            base: self.base(),
            allocation_base: VirtAddr(self.raw.AllocationBase.get()),
            size: self.size(),
            state: self.state()?,
            kind: self.kind(),
            protection: self.raw.Protect.get(),
        })
    }
}

impl<'data> Minidump<'data> {
    /// The regions of the address space.
    pub fn memory_info_list(&self) -> Parsed<List<'data, MemoryInfo<'data>>> {
        self.headed_list(
            StreamType::MEMORY_INFO_LIST,
            "the list of regions",
            |header: &MINIDUMP_MEMORY_INFO_LIST| {
                (header.SizeOfHeader.get(), header.SizeOfEntry.get(), header.NumberOfEntries.get())
            },
        )
    }
}
