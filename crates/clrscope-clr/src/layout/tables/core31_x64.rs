//! .NET Core 3.1 on x64. Measured on core31-x64-wks-all and core31-x64-svr-all (3.1.23).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 3.1.23 x64",
    version: (3, 1),
    architectures: &[Arch::X64],
    dac_counts: Some((121, 73)),
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeList"),
        (4, "EEJitManager"),
        (16, "ThreadStore"),
        (31, "FinalizerThread"),
        (32, "GCThread"),
        (33, "HeapType"),
        (34, "GcDacVars"),
        (35, "AppDomain"),
        (36, "SystemDomain"),
        (55, "ObjectMethodTable"),
        (58, "StringMethodTable"),
        (59, "ArrayMethodTable"),
        (70, "FreeObjectMethodTable"),
        (74, "ThreadMethodTable"),
        (75, "PredefinedArrayTypes"),
        (98, "SyncTableEntries"),
    ],
    dac_vtables: &[
        (121, "Thread"),
        (127, "EditAndContinueModule"),
        (128, "Module"),
        (129, "ReflectionModule"),
        (130, "AppDomain"),
        (131, "SystemDomain"),
        (132, "DomainAssembly"),
        (145, "PEFile"),
        (146, "PEAssembly"),
        (192, "GlobalLoaderAllocator"),
        (193, "AssemblyLoaderAllocator"),
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
            ("Id", 0x24),
            ("AllocContext", 0x58),
            ("TEB", 0x98),
            ("LinkNext", 0x110),
            ("StackBase", 0x120),
            ("StackLimit", 0x128),
            ("OSId", 0x1d8),
            ("GCHandle", 0x1e0),
            ("LastThrownObject", 0x208),
        ]),
        ("ThreadStore", &[
            ("FirstThreadLink", 0x40),
        ]),
        ("Module", &[
            ("Assembly", 0x30),
        ]),
        ("Assembly", &[
            ("LoaderAllocator", 0x40),
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
    ],
};
