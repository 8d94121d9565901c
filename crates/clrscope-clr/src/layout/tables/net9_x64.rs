//! .NET 9 on x64. Measured on net9-x64-wks-all (9.0.22).

use clrscope_memory::Arch;

use super::BuiltIn;

pub(super) const TABLE: BuiltIn = BuiltIn {
    build: ".NET 9.0.22 x64",
    version: (9, 0),
    architectures: &[Arch::X64],
    dac_counts: None,
    dac_variables: &[
        (0, "ExecutionManagerCodeRangeMapAddress"),
        (16, "ThreadStore"),
        (17, "FinalizerThread"),
        (20, "GcDacVars"),
        (21, "AppDomain"),
        (22, "SystemDomain"),
        (44, "ObjectMethodTable"),
        (47, "StringMethodTable"),
        (51, "ExceptionMethodTable"),
        (58, "FreeObjectMethodTable"),
        (61, "ThreadMethodTable"),
        (84, "SyncTableEntries"),
    ],
    dac_vtables: &[
        (115, "Module"),
        (116, "ReflectionModule"),
        (168, "GlobalLoaderAllocator"),
        (169, "AssemblyLoaderAllocator"),
    ],
    structures: &[
        (
            "MethodTable",
            &[
                ("NumVirtuals", 0x0c),
                ("NumInterfaces", 0x0e),
                ("ParentMethodTable", 0x10),
                ("Module", 0x18),
                ("AuxiliaryData", 0x20),
                ("EEClassOrCanonMT", 0x28),
                ("PerInstInfo", 0x30),
                ("InterfaceMap", 0x38),
                ("VtableIndirections", 0x40),
            ],
        ),
        ("MethodTableAuxiliaryData", &[("LoaderModule", 0x08)]),
        ("LoaderAllocator", &[("ObjectHandle", 0x408)]),
        ("Module", &[("SimpleName", 0xa8), ("PEAssembly", 0xb8), ("AvailableTypeParams", 0x208)]),
        ("AppDomain", &[("DomainAssemblyList", 0x308), ("FriendlyName", 0x3d8)]),
        ("DomainAssembly", &[("Module", 0x10)]),
        (
            "PEAssembly",
            &[
                ("PEImage", 0x08),
                ("MetadataImport", 0x18),
                ("HostAssembly", 0x38),
                ("AssemblyBinder", 0x40),
            ],
        ),
        ("MetadataImport", &[("Metadata", 0x5b8)]),
        ("PEImage", &[("Path", 0x10), ("FlatImageLayout", 0x70), ("LoadedImageLayout", 0x78)]),
        ("HostAssembly", &[("Binder", 0x20)]),
        ("AssemblyBinder", &[("AssemblyLoadContext", 0xe0)]),
        (
            "EEClass",
            &[
                ("FieldDescList", 0x18),
                ("MethodDescChunk", 0x20),
                ("NumInstanceFields", 0x42),
                ("NumStaticFields", 0x46),
            ],
        ),
    ],
    numbers: &[("CountedHashBuckets", 1), ("MethodTableFlagCollectible", 0x200000)],
};
