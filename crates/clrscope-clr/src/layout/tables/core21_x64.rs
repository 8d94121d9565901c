//! .NET Core 2.1 on x64. Measured on core21-x64-wks-all (2.1.30).

use clrscope_memory::Arch;

use super::{BuiltIn, core21};

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 2.1.30 x64",
    version: (2, 1),
    architectures: &[Arch::X64],
    dac_counts: Some((131, 76)),
    dac_variables: core21::DAC_VARIABLES,
    dac_vtables: &[core21::DAC_VTABLES, &[(194, "StubHelperFrame")]],
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
                ("ThreadLocalBlock", 0x4a0),
                ("State", 0x08),
                ("PreemptiveGCDisabled", 0x0c),
                ("Frame", 0x10),
                ("LockCount", 0x28),
                ("Id", 0x2c),
                ("AllocContext", 0x60),
                ("TEB", 0xa0),
                ("LinkNext", 0x148),
                ("StackBase", 0x158),
                ("StackLimit", 0x160),
                ("OSId", 0x204),
                ("GCHandle", 0x208),
                ("LastThrownObject", 0x230),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x40)]),
        (
            "Module",
            &[
                ("Assembly", 0x30),
                ("SimpleName", 0x08),
                ("PEAssembly", 0x10),
                ("TypeDefToMethodTableMap", 0x178),
                ("AvailableTypeParams", 0x438),
                ("DomainLocalModule", 0x548),
                ("MetadataBuffer", 0x638),
            ],
        ),
        ("Assembly", &[("LoaderAllocator", 0x78)]),
        (
            "LoaderAllocator",
            &[
                ("ObjectHandle", 0x240),
                ("LowFrequencyHeap", 0x210),
                ("HighFrequencyHeap", 0x218),
                ("StubHeap", 0x220),
                ("ExecutableHeap", 0x230),
                ("VirtualCallStubManager", 0x2d8),
            ],
        ),
        (
            "VirtualCallStubManager",
            &[
                ("IndcellHeap", 0x4e8),
                ("CacheEntryHeap", 0x4f0),
                ("LookupHeap", 0x4f8),
                ("DispatchHeap", 0x500),
                ("ResolveHeap", 0x508),
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
        ("SystemDomain", &[("GlobalLoaderAllocator", 0x5b8)]),
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
        (
            "AppDomain",
            &[("LoaderAllocator", 0x838), ("DomainAssemblyList", 0x5a0), ("FriendlyName", 0xb98)],
        ),
        ("DomainAssembly", &[("Module", 0x20)]),
        ("PEAssembly", &[("PEImage", 0x08), ("MetadataImport", 0x30)]),
        ("MetadataImport", &[("Metadata", 0x5e0)]),
        ("PEImage", &[("Path", 0x10), ("FlatImageLayout", 0x50), ("LoadedImageLayout", 0x60)]),
        (
            "SyncBlock",
            &[
                ("LockState", 0x00),
                ("Recursion", 0x04),
                ("HoldingThread", 0x08),
                ("Link", 0x40),
                ("HashCode", 0x4c),
            ],
        ),
    ],
    numbers: &[
        ("ThreadLocalBlockIsPointer", 1),
        ("MethodTableFlagCollectible", 0x10000000),
        ("RelativePointers", 0x1),
    ],
};
