//! .NET 6 on x64. Measured on net6-x64-wks-all (6.0.13).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET 6.0.13 x64",
    version: (6, 0),
    architectures: &[Arch::X64],
    dac_counts: Some((120, 68)),
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeList"),
        (4, "EEJitManager"),
        (17, "ThreadStore"),
        (32, "FinalizerThread"),
        (33, "GCThread"),
        (34, "HeapType"),
        (35, "GcDacVars"),
        (36, "AppDomain"),
        (37, "SystemDomain"),
        (55, "ObjectMethodTable"),
        (58, "StringMethodTable"),
        (63, "ExceptionMethodTable"),
        (70, "FreeObjectMethodTable"),
        (74, "ThreadMethodTable"),
        (95, "SyncTableEntries"),
    ],
    dac_vtables: &[
        (120, "Thread"),
        (126, "Module"),
        (127, "ReflectionModule"),
        (144, "PEAssembly"),
        (186, "GlobalLoaderAllocator"),
        (187, "AssemblyLoaderAllocator"),
    ],
    structures: &[
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
        ("EEClass", &[("MethodTable", 0x10)]),
        (
            "Thread",
            &[
                ("State", 0x08),
                ("PreemptiveGCDisabled", 0x0c),
                ("Frame", 0x10),
                ("Id", 0x20),
                ("AllocContext", 0x58),
                ("TEB", 0x98),
                ("LinkNext", 0x100),
                ("StackBase", 0x110),
                ("StackLimit", 0x118),
                ("OSId", 0x1c0),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x40)]),
        ("Module", &[("PEAssembly", 0x10), ("Assembly", 0x28)]),
        ("Assembly", &[("LoaderAllocator", 0x40)]),
        ("LoaderAllocator", &[("ObjectHandle", 0x210)]),
        ("Generation", &[("StartSegment", 0x38), ("AllocationStart", 0x40)]),
    ],
    numbers: &[("MethodTableFlagCollectible", 0x10000000)],
};
