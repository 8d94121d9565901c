//! .NET Core 2.1 on x64. Measured on core21-x64-wks-all (2.1.30).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 2.1.30 x64",
    version: (2, 1),
    architectures: &[Arch::X64],
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
            ("LoaderModule", 0x18),
            ("EEClassOrCanonMT", 0x28),
            ("PerInstInfo", 0x30),
            ("InterfaceMap", 0x38),
            ("VtableIndirections", 0x40),
        ]),
        ("EEClass", &[
            ("MethodTable", 0x10),
            ("FieldDescList", 0x18),
            ("MethodDescChunk", 0x20),
            ("CorTypeAttr", 0x38),
            ("InternalCorElementType", 0x40),
            ("FieldsArePacked", 0x41),
            ("FixedEEClassFields", 0x42),
        ]),
        ("Thread", &[
            ("State", 0x08),
            ("PreemptiveGCDisabled", 0x0c),
            ("Frame", 0x10),
            ("Id", 0x2c),
            ("AllocContext", 0x60),
            ("TEB", 0xa0),
            ("LinkNext", 0x148),
            ("StackBase", 0x158),
            ("StackLimit", 0x160),
            ("OSId", 0x204),
            ("GCHandle", 0x208),
            ("LastThrownObject", 0x230),
        ]),
        ("ThreadStore", &[
            ("FirstThreadLink", 0x40),
        ]),
        ("Module", &[
            ("Assembly", 0x30),
        ]),
        ("Assembly", &[
            ("LoaderAllocator", 0x78),
        ]),
        ("LoaderAllocator", &[
            ("ObjectHandle", 0x240),
        ]),
        ("Generation", &[
            ("StartSegment", 0x38),
            ("AllocationStart", 0x40),
        ]),
        ("GCHeap", &[
            ("AllocAllocated", 0x00),
            ("EphemeralHeapSegment", 0x08),
            ("FinalizeQueue", 0x10),
            ("GenerationTable", 0x158),
        ]),
    ],
    numbers: &[
        ("MethodTableFlagCollectible", 0x10000000),
        ("RelativePointers", 0x1),
    ],
};
