//! .NET 10 on x64 and arm64. Measured on net10-x64-wks-all and net10-x64-svr-all (10.0.14); the contract descriptor of
//! 10.0.9 for arm64 has the same offsets.

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET 10.0.14",
    version: (10, 0),
    architectures: &[Arch::X64, Arch::Arm64],
    dac_counts: None,
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeMapAddress"),
        (4, "EEJitManager"),
        (15, "ThreadStore"),
        (16, "FinalizerThread"),
        (19, "GcDacVars"),
        (20, "AppDomain"),
        (21, "SystemDomain"),
        (43, "ObjectMethodTable"),
        (46, "StringMethodTable"),
        (50, "ExceptionMethodTable"),
        (57, "FreeObjectMethodTable"),
        (60, "ThreadMethodTable"),
        (80, "SyncTableEntries"),
        (81, "RcwCleanupList"),
        (84, "SyncBlockCache"),
    ],
    dac_vtables: &[&[
        (135, "HostCodeHeap"),
        (136, "GlobalLoaderAllocator"),
        (137, "AssemblyLoaderAllocator"),
    ]],
    structures: &[
        (
            "MethodTable",
            &[
                ("NumVirtuals", 0x0c),
                ("NumInterfaces", 0x0e),
                ("ParentMethodTable", 0x10),
                ("Module", 0x18),
                ("AuxiliaryData", 0x20),
                ("EEClassOrCanonMT", 0x28),
                ("PerInstInfo", 0x30),
                ("InterfaceMap", 0x38),
                ("VtableIndirections", 0x40),
            ],
        ),
        ("MethodTableAuxiliaryData", &[("LoaderModule", 0x08)]),
        (
            "LoaderAllocator",
            &[
                ("ObjectHandle", 0x2f0),
                ("StaticsHeap", 0x2c0),
                ("ExecutableHeap", 0x2d0),
                ("FixupPrecodeHeap", 0x2e0),
                ("NewStubPrecodeHeap", 0x2e8),
                ("VirtualCallStubManager", 0x6c8),
            ],
        ),
        ("VirtualCallStubManager", &[("IndcellHeap", 0x180), ("CacheEntryHeap", 0x188)]),
        (
            "LoaderHeap",
            &[
                ("FirstBlock", 0x8),
                ("AllocPtr", 0x20),
                ("EndOfCommittedRegion", 0x28),
                ("EndReservedRegion", 0x30),
            ],
        ),
        ("CodeHeapListNode", &[("LoaderAllocator", 0x40)]),
        ("Module", &[("SimpleName", 0xa8)]),
        ("DomainAssembly", &[("Assembly", 0x00)]),
        ("PEAssembly", &[("MetadataImport", 0x18)]),
        ("MetadataImport", &[("Metadata", 0x5b8)]),
        ("PEImage", &[("Path", 0x10), ("FlatImageLayout", 0x78)]),
        (
            "SyncBlock",
            &[
                ("LockState", 0x00),
                ("Recursion", 0x04),
                ("HoldingThread", 0x08),
                ("Link", 0x48),
                ("HashCode", 0x50),
            ],
        ),
    ],
    numbers: &[("CountedHashBuckets", 1), ("MethodTableFlagCollectible", 0x200000)],
};
