//! .NET Core 3.1 on x86. Measured on core31-x86-wks-all (3.1.23).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET Core 3.1.23 x86",
    version: (3, 1),
    architectures: &[Arch::X86],
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
            ("Id", 0x18),
            ("AllocContext", 0x38),
            ("TEB", 0x64),
            ("LinkNext", 0xbc),
            ("StackBase", 0xc4),
            ("StackLimit", 0xc8),
            ("OSId", 0x12c),
        ]),
        ("ThreadStore", &[
            ("FirstThreadLink", 0x24),
        ]),
        ("Module", &[
            ("Assembly", 0x1c),
        ]),
        ("Assembly", &[
            ("LoaderAllocator", 0x24),
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
    ],
};
