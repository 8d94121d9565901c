//! .NET Core 2.1 on x86. Measured on core21-x86-wks-all (2.1.30).

use clrscope_memory::Arch;

use super::{BuiltIn, core21};

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 2.1.30 x86",
    version: (2, 1),
    architectures: &[Arch::X86],
    dac_counts: Some((131, 76)),
    dac_variables: core21::DAC_VARIABLES,
    dac_vtables: &[core21::DAC_VTABLES, &[(194, "UMThkCallFrame")]],
    structures: &[
        ("StoredSigMethodDesc", &[("Sig", 0x08), ("cSig", 0x0c)]),
        ("DynamicMethodDesc", &[("MethodName", 0x10)]),
        ("InstantiatedMethodDesc", &[("PerInstInfo", 0x0c), ("NumGenericArgs", 0x12)]),
        (
            "RangeSection",
            &[
                ("RangeBegin", 0x00),
                ("RangeEndOpen", 0x04),
                ("JitManager", 0x08),
                ("Next", 0x0c),
                ("Flags", 0x14),
                ("HeapList", 0x18),
                ("R2RModule", 0x18),
            ],
        ),
        (
            "MethodTable",
            &[
                ("NumVirtuals", 0x0c),
                ("NumInterfaces", 0x0e),
                ("ParentMethodTable", 0x10),
                ("LoaderModule", 0x14),
                ("EEClassOrCanonMT", 0x1c),
                ("PerInstInfo", 0x20),
                ("InterfaceMap", 0x24),
                ("VtableIndirections", 0x28),
            ],
        ),
        ("EEClassOptionalFields", &[("ModuleDynamicID", 0x18)]),
        (
            "EEClass",
            &[
                ("OptionalFields", 0x04),
                ("MethodTable", 0x08),
                ("FieldDescList", 0x0c),
                ("MethodDescChunk", 0x10),
                ("CorTypeAttr", 0x1c),
                ("InternalCorElementType", 0x24),
                ("FieldsArePacked", 0x25),
                ("FixedEEClassFields", 0x26),
            ],
        ),
        (
            "Thread",
            &[
                ("ThreadLocalBlock", 0x29c),
                ("State", 0x04),
                ("PreemptiveGCDisabled", 0x08),
                ("Frame", 0x0c),
                ("Id", 0x1c),
                ("AllocContext", 0x40),
                ("TEB", 0x6c),
                ("LinkNext", 0xdc),
                ("StackBase", 0xe4),
                ("StackLimit", 0xe8),
                ("OSId", 0x148),
                ("GCHandle", 0x14c),
                ("LastThrownObject", 0x168),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x24)]),
        (
            "Module",
            &[
                ("Assembly", 0x1c),
                ("SimpleName", 0x04),
                ("PEAssembly", 0x08),
                ("TypeDefToMethodTableMap", 0xd8),
                ("AvailableTypeParams", 0x284),
                ("DomainLocalModule", 0x31c),
                ("MetadataBuffer", 0x3a4),
            ],
        ),
        ("Assembly", &[("LoaderAllocator", 0x48)]),
        (
            "LoaderAllocator",
            &[
                ("ObjectHandle", 0x134),
                ("LowFrequencyHeap", 0x11c),
                ("HighFrequencyHeap", 0x120),
                ("StubHeap", 0x124),
                ("ExecutableHeap", 0x12c),
                ("VirtualCallStubManager", 0x188),
            ],
        ),
        (
            "VirtualCallStubManager",
            &[
                ("IndcellHeap", 0x298),
                ("CacheEntryHeap", 0x29c),
                ("LookupHeap", 0x2a0),
                ("DispatchHeap", 0x2a4),
                ("ResolveHeap", 0x2a8),
            ],
        ),
        (
            "LoaderHeap",
            &[
                ("FirstBlock", 0x4),
                ("AllocPtr", 0x8),
                ("EndOfCommittedRegion", 0xc),
                ("EndReservedRegion", 0x10),
            ],
        ),
        ("SystemDomain", &[("GlobalLoaderAllocator", 0x350)]),
        ("Generation", &[("StartSegment", 0x28), ("AllocationStart", 0x2c)]),
        (
            "GCHeap",
            &[
                ("AllocAllocated", 0x00),
                ("EphemeralHeapSegment", 0x04),
                ("FinalizeQueue", 0x08),
                ("GenerationTable", 0xac),
            ],
        ),
        (
            "AppDomain",
            &[("LoaderAllocator", 0x4a8), ("DomainAssemblyList", 0x344), ("FriendlyName", 0x68c)],
        ),
        ("DomainAssembly", &[("Module", 0x10)]),
        ("PEAssembly", &[("PEImage", 0x04), ("MetadataImport", 0x1c)]),
        ("MetadataImport", &[("Metadata", 0x378)]),
        ("PEImage", &[("Path", 0x0c), ("FlatImageLayout", 0x34), ("LoadedImageLayout", 0x3c)]),
        (
            "SyncBlock",
            &[
                ("LockState", 0x00),
                ("Recursion", 0x04),
                ("HoldingThread", 0x08),
                ("Link", 0x28),
                ("HashCode", 0x30),
            ],
        ),
    ],
    numbers: &[
        ("ThreadLocalBlockIsPointer", 1),
        ("MethodTableFlagCollectible", 0x10000000),
        ("RelativePointers", 0x1),
    ],
};
