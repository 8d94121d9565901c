//! .NET Core 3.1 on x86. Measured on core31-x86-wks-all (3.1.23).

use clrscope_memory::Arch;

use super::{BuiltIn, core31};

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 3.1.23 x86",
    version: (3, 1),
    architectures: &[Arch::X86],
    dac_counts: Some((121, 73)),
    dac_variables: core31::DAC_VARIABLES,
    dac_vtables: &[core31::DAC_VTABLES, &[(182, "UMThkCallFrame")]],
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
                ("ThreadLocalBlock", 0x278),
                ("State", 0x04),
                ("PreemptiveGCDisabled", 0x08),
                ("Frame", 0x0c),
                ("Id", 0x18),
                ("AllocContext", 0x38),
                ("TEB", 0x64),
                ("LinkNext", 0xbc),
                ("StackBase", 0xc4),
                ("StackLimit", 0xc8),
                ("OSId", 0x12c),
                ("GCHandle", 0x130),
                ("LastThrownObject", 0x14c),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x24)]),
        (
            "Module",
            &[
                ("Assembly", 0x1c),
                ("SimpleName", 0x04),
                ("PEAssembly", 0x08),
                ("TypeDefToMethodTableMap", 0xa0),
                ("AvailableTypeParams", 0x144),
                ("DomainLocalModule", 0x1a4),
                ("MetadataBuffer", 0x230),
            ],
        ),
        ("Assembly", &[("LoaderAllocator", 0x24)]),
        (
            "LoaderAllocator",
            &[
                ("ObjectHandle", 0x134),
                ("LowFrequencyHeap", 0x11c),
                ("HighFrequencyHeap", 0x120),
                ("StubHeap", 0x124),
                ("ExecutableHeap", 0x12c),
                ("VirtualCallStubManager", 0x1d4),
            ],
        ),
        (
            "VirtualCallStubManager",
            &[
                ("IndcellHeap", 0x330),
                ("CacheEntryHeap", 0x334),
                ("LookupHeap", 0x338),
                ("DispatchHeap", 0x33c),
                ("ResolveHeap", 0x340),
                ("VtableHeap", 0x344),
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
        ("SystemDomain", &[("GlobalLoaderAllocator", 0x318)]),
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
        ("AppDomain", &[("DomainAssemblyList", 0x30c), ("FriendlyName", 0x460)]),
        ("DomainAssembly", &[("Module", 0x10)]),
        ("PEAssembly", &[("PEImage", 0x04), ("MetadataImport", 0x14)]),
        ("MetadataImport", &[("Metadata", 0x378)]),
        ("PEImage", &[("Path", 0x0c), ("FlatImageLayout", 0x30), ("LoadedImageLayout", 0x38)]),
        (
            "SyncBlock",
            &[
                ("LockState", 0x00),
                ("Recursion", 0x04),
                ("HoldingThread", 0x08),
                ("Link", 0x28),
                ("HashCode", 0x2c),
            ],
        ),
    ],
    numbers: &[("MethodTableFlagCollectible", 0x10000000)],
};
