//! .NET Core 2.1 on x86. Measured on core21-x86-wks-all (2.1.30).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 2.1.30 x86",
    version: (2, 1),
    architectures: &[Arch::X86],
    dac_counts: Some((131, 76)),
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeList"),
        (4, "EEJitManager"),
        (17, "ThreadStore"),
        (32, "FinalizerThread"),
        (33, "GCThread"),
        (34, "HeapType"),
        (35, "GcDacVars"),
        (36, "SystemDomain"),
        (37, "AppDomainIndexList"),
        (41, "SharedDomain"),
        (62, "ObjectMethodTable"),
        (65, "StringMethodTable"),
        (66, "ArrayMethodTable"),
        (77, "FreeObjectMethodTable"),
        (81, "ThreadMethodTable"),
        (82, "PredefinedArrayTypes"),
        (105, "SyncTableEntries"),
    ],
    dac_vtables: &[
        (131, "Thread"),
        (138, "EditAndContinueModule"),
        (139, "Module"),
        (140, "ReflectionModule"),
        (141, "AppDomain"),
        (143, "SystemDomain"),
        (144, "DomainAssembly"),
        (157, "PEFile"),
        (158, "PEAssembly"),
        (204, "GlobalLoaderAllocator"),
        (206, "AssemblyLoaderAllocator"),
    ],
    structures: &[
        ("MethodTable", &[
            ("NumVirtuals", 0x0c),
            ("NumInterfaces", 0x0e),
            ("ParentMethodTable", 0x10),
            ("LoaderModule", 0x14),
            ("EEClassOrCanonMT", 0x1c),
            ("PerInstInfo", 0x20),
            ("InterfaceMap", 0x24),
            ("VtableIndirections", 0x28),
        ]),
        ("EEClass", &[
            ("MethodTable", 0x08),
            ("FieldDescList", 0x0c),
            ("MethodDescChunk", 0x10),
            ("CorTypeAttr", 0x1c),
            ("InternalCorElementType", 0x24),
            ("FieldsArePacked", 0x25),
            ("FixedEEClassFields", 0x26),
        ]),
        ("Thread", &[
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
        ]),
        ("ThreadStore", &[
            ("FirstThreadLink", 0x24),
        ]),
        ("Module", &[
            ("Assembly", 0x1c),
        ]),
        ("Assembly", &[
            ("LoaderAllocator", 0x48),
        ]),
        ("LoaderAllocator", &[
            ("ObjectHandle", 0x134),
        ]),
        ("Generation", &[
            ("StartSegment", 0x28),
            ("AllocationStart", 0x2c),
        ]),
        ("GCHeap", &[
            ("AllocAllocated", 0x00),
            ("EphemeralHeapSegment", 0x04),
            ("FinalizeQueue", 0x08),
            ("GenerationTable", 0xac),
        ]),
    ],
    numbers: &[
        ("MethodTableFlagCollectible", 0x10000000),
        ("RelativePointers", 0x1),
    ],
};
