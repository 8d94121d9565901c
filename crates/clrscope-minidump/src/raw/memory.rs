use zerocopy::little_endian::{U32, U64};

use super::MINIDUMP_LOCATION_DESCRIPTOR;

structures! {
    /// A range of memory whose bytes are anywhere in the first 4 GiB of the file.
    MINIDUMP_MEMORY_DESCRIPTOR = 16 {
        StartOfMemoryRange: U64,
        Memory: MINIDUMP_LOCATION_DESCRIPTOR,
    }
    /// A range of memory whose bytes follow those of the range before it.
    MINIDUMP_MEMORY_DESCRIPTOR64 = 16 {
        StartOfMemoryRange: U64,
        DataSize: U64,
    }
    /// The header of the 64-bit memory list.
    MINIDUMP_MEMORY64_LIST = 16 {
        NumberOfMemoryRanges: U64,
        BaseRva: U64,
    }
    /// The header of the list of regions.
    MINIDUMP_MEMORY_INFO_LIST = 16 {
        SizeOfHeader: U32,
        SizeOfEntry: U32,
        NumberOfEntries: U64,
    }
    /// A region as `VirtualQuery` describes it.
    MINIDUMP_MEMORY_INFO = 48 {
        BaseAddress: U64,
        AllocationBase: U64,
        AllocationProtect: U32,
        __alignment1: U32,
        RegionSize: U64,
        State: U32,
        Protect: U32,
        Type: U32,
        __alignment2: U32,
    }
}
