//! .NET Core 3.1 on x64. Measured on core31-x64-wks-all and core31-x64-svr-all (3.1.23).

use clrscope_memory::Arch;

use super::{BuiltIn, core31};

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 3.1.23 x64",
    version: (3, 1),
    architectures: &[Arch::X64],
    dac_counts: Some((121, 73)),
    dac_variables: core31::DAC_VARIABLES,
    dac_vtables: &[core31::DAC_VTABLES, &[(182, "StubHelperFrame")]],
    structures: &[
        ("StoredSigMethodDesc", &[("Sig", 0x08), ("cSig", 0x10)]),
        ("DynamicMethodDesc", &[("MethodName", 0x18)]),
        ("InstantiatedMethodDesc", &[("PerInstInfo", 0x10), ("NumGenericArgs", 0x1a)]),
        (
            "RangeSection",
            &[
                ("RangeBegin", 0x00),
                ("RangeEndOpen", 0x08),
                ("JitManager", 0x10),
                ("Next", 0x18),
                ("Flags", 0x28),
                ("HeapList", 0x30),
                ("R2RModule", 0x30),
            ],
        ),
        (
            "MethodTable",
            &[
                ("NumVirtuals", 0x0c),
                ("NumInterfaces", 0x0e),
                ("ParentMethodTable", 0x10),
                ("LoaderModule", 0x18),
                ("EEClassOrCanonMT", 0x28),
                ("PerInstInfo", 0x30),
                ("InterfaceMap", 0x38),
                ("VtableIndirections", 0x40),
            ],
        ),
        ("EEClassOptionalFields", &[("ModuleDynamicID", 0x2c)]),
        (
            "EEClass",
            &[
                ("OptionalFields", 0x08),
                ("MethodTable", 0x10),
                ("FieldDescList", 0x18),
                ("MethodDescChunk", 0x20),
                ("CorTypeAttr", 0x38),
                ("InternalCorElementType", 0x40),
                ("FieldsArePacked", 0x41),
                ("FixedEEClassFields", 0x42),
            ],
        ),
        (
            "Thread",
            &[
                ("ThreadLocalBlock", 0x460),
                ("State", 0x08),
                ("PreemptiveGCDisabled", 0x0c),
                ("Frame", 0x10),
                ("LockCount", 0x20),
                ("Id", 0x24),
                ("AllocContext", 0x58),
                ("TEB", 0x98),
                ("LinkNext", 0x110),
                ("StackBase", 0x120),
                ("StackLimit", 0x128),
                ("OSId", 0x1d8),
                ("GCHandle", 0x1e0),
                ("LastThrownObject", 0x208),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x40)]),
        (
            "Module",
            &[
                ("Assembly", 0x30),
                ("SimpleName", 0x08),
                ("PEAssembly", 0x10),
                ("TypeDefToMethodTableMap", 0x118),
                ("AvailableTypeParams", 0x260),
                ("DomainLocalModule", 0x310),
                ("MetadataBuffer", 0x408),
            ],
        ),
        ("Assembly", &[("LoaderAllocator", 0x40)]),
        (
            "LoaderAllocator",
            &[
                ("ObjectHandle", 0x240),
                ("LowFrequencyHeap", 0x210),
                ("HighFrequencyHeap", 0x218),
                ("StubHeap", 0x220),
                ("ExecutableHeap", 0x230),
                ("VirtualCallStubManager", 0x350),
            ],
        ),
        (
            "VirtualCallStubManager",
            &[
                ("IndcellHeap", 0x608),
                ("CacheEntryHeap", 0x610),
                ("LookupHeap", 0x618),
                ("DispatchHeap", 0x620),
                ("ResolveHeap", 0x628),
                ("VtableHeap", 0x630),
            ],
        ),
        (
            "LoaderHeap",
            &[
                ("FirstBlock", 0x8),
                ("AllocPtr", 0x10),
                ("EndOfCommittedRegion", 0x18),
                ("EndReservedRegion", 0x20),
            ],
        ),
        ("SystemDomain", &[("GlobalLoaderAllocator", 0x558)]),
        ("Generation", &[("StartSegment", 0x38), ("AllocationStart", 0x40)]),
        (
            "GCHeap",
            &[
                ("AllocAllocated", 0x00),
                ("EphemeralHeapSegment", 0x08),
                ("FinalizeQueue", 0x10),
                ("GenerationTable", 0x158),
            ],
        ),
        ("AppDomain", &[("DomainAssemblyList", 0x548), ("FriendlyName", 0x7c8)]),
        ("DomainAssembly", &[("Module", 0x20)]),
        ("PEAssembly", &[("PEImage", 0x08), ("MetadataImport", 0x20)]),
        ("MetadataImport", &[("Metadata", 0x5d8)]),
        ("PEImage", &[("Path", 0x10), ("FlatImageLayout", 0x48), ("LoadedImageLayout", 0x58)]),
        (
            "SyncBlock",
            &[
                ("LockState", 0x00),
                ("Recursion", 0x04),
                ("HoldingThread", 0x08),
                ("Link", 0x40),
                ("HashCode", 0x48),
            ],
        ),
    ],
    numbers: &[("MethodTableFlagCollectible", 0x10000000)],
};
