//! .NET 8 on x64. Measured on net8-x64-wks-all, net8-x64-svr-all and net8-x64-clrgc-all (8.0.33).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET 8.0.33 x64",
    version: (8, 0),
    architectures: &[Arch::X64],
    dac_counts: None,
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeMapAddress"),
        (4, "EEJitManager"),
        (16, "ThreadStore"),
        (17, "FinalizerThread"),
        (18, "GCThread"),
        (19, "HeapType"),
        (20, "GcDacVars"),
        (21, "AppDomain"),
        (22, "SystemDomain"),
        (41, "ObjectMethodTable"),
        (44, "StringMethodTable"),
        (48, "ExceptionMethodTable"),
        (55, "FreeObjectMethodTable"),
        (58, "ThreadMethodTable"),
        (82, "SyncTableEntries"),
    ],
    dac_vtables: &[
        (113, "Module"),
        (114, "ReflectionModule"),
        (167, "GlobalLoaderAllocator"),
        (168, "AssemblyLoaderAllocator"),
        (169, "Thread"),
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
                ("LinkNext", 0xf8),
                ("StackBase", 0x108),
                ("StackLimit", 0x110),
                ("OSId", 0x1b8),
            ],
        ),
        ("ThreadStore", &[("FirstThreadLink", 0x40)]),
        ("Module", &[("LoaderAllocator", 0x98), ("Assembly", 0xc8)]),
        ("Assembly", &[("LoaderAllocator", 0x38)]),
        ("LoaderAllocator", &[("ObjectHandle", 0x370)]),
    ],
    numbers: &[("MethodTableFlagCollectible", 0x10000000)],
};
