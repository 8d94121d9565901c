//! Where the fake runtime keeps its fields: what its contract descriptor says.
//!
//! On x64 these are the offsets of .NET 10. On x86, for which no contract is published, the fields stay where
//! they are, except in the structures that every CLR has packed in its own way.

/// A structure and its fields: offset on x64 and on x86.
type Structure = (&'static str, &'static [(&'static str, u64, u64)]);

/// `Thread`.
pub(super) mod thread {
    pub(in crate::clr) const SIZE: usize = 0x280;
    pub(in crate::clr) const ID: u64 = 16;
    pub(in crate::clr) const OS_ID: u64 = 304;
    pub(in crate::clr) const FRAME: u64 = 8;
    pub(in crate::clr) const LOCALS: u64 = 32;
    pub(in crate::clr) const LINK: u64 = 120;
}

/// `Module`, `Assembly`, `AppDomain` and what they point to.
pub(super) mod loader {
    pub(in crate::clr) const MODULE_SIZE: usize = 0x300;
    pub(in crate::clr) const MODULE_ASSEMBLY: u64 = 224;
    pub(in crate::clr) const MODULE_PE_ASSEMBLY: u64 = 192;
    pub(in crate::clr) const MODULE_BASE: u64 = 200;
    pub(in crate::clr) const MODULE_FLAGS: u64 = 208;
    pub(in crate::clr) const MODULE_PATH: u64 = 176;
    pub(in crate::clr) const MODULE_TYPE_DEFS: u64 = 344;
    pub(in crate::clr) const DOMAIN_SIZE: usize = 0x400;
    pub(in crate::clr) const DOMAIN_LIST: u64 = 408;
    pub(in crate::clr) const DOMAIN_NAME: u64 = 832;
    pub(in crate::clr) const ASSEMBLY_SIZE: usize = 0x60;
    pub(in crate::clr) const ASSEMBLY_MODULE: u64 = 16;
}

/// `EEClass`.
pub(super) mod class {
    pub(in crate::clr) const SIZE: usize = 0x60;
    pub(in crate::clr) const METHOD_TABLE: u64 = 16;
    pub(in crate::clr) const FIELDS: u64 = 24;
    pub(in crate::clr) const ELEMENT_TYPE: u64 = 64;
    pub(in crate::clr) const FIELD_COUNT: u64 = 66;
}

const STRUCTURES: &[Structure] = &[
    (
        "Thread",
        &[
            ("Id", 16, 16),
            ("OSId", 304, 304),
            ("State", 0, 0),
            ("PreemptiveGCDisabled", 4, 4),
            ("RuntimeThreadLocals", 32, 32),
            ("Frame", 8, 8),
            ("ExceptionTracker", 360, 360),
            ("GCHandle", 312, 312),
            ("LastThrownObject", 344, 344),
            ("LinkNext", 120, 120),
            ("ThreadLocalDataPtr", 592, 592),
            ("TEB", 48, 48),
        ],
    ),
    ("ThreadStore", &[("FirstThreadLink", 64, 64), ("ThreadCount", 88, 88)]),
    ("RuntimeThreadLocals", &[("AllocContext", 0, 0)]),
    ("EEAllocContext", &[("GCAllocationContext", 8, 8)]),
    ("GCAllocContext", &[("Pointer", 0, 0), ("Limit", 8, 4)]),
    ("Object", &[("m_pMethTab", 0, 0)]),
    ("String", &[("m_FirstChar", 12, 8), ("m_StringLength", 8, 4)]),
    ("Array", &[("!", 16, 8), ("m_NumComponents", 8, 4)]),
    (
        "Module",
        &[
            ("Assembly", 224, 224),
            ("PEAssembly", 192, 192),
            ("Base", 200, 200),
            ("Flags", 208, 208),
            ("LoaderAllocator", 152, 152),
            ("DynamicMetadata", 744, 744),
            ("Path", 176, 176),
            ("TypeDefToMethodTableMap", 344, 344),
        ],
    ),
    (
        "ModuleLookupMap",
        &[("TableData", 8, 4), ("Next", 0, 0), ("Count", 16, 8), ("SupportedFlagsMask", 24, 12)],
    ),
    ("Assembly", &[("IsCollectible", 64, 64), ("Module", 16, 16)]),
    ("DomainAssembly", &[("Assembly", 0, 0)]),
    ("PEAssembly", &[("PEImage", 8, 8), ("AssemblyBinder", 64, 64)]),
    ("AppDomain", &[("DomainAssemblyList", 408, 408), ("FriendlyName", 832, 832)]),
    ("ArrayListBase", &[("Count", 0, 0), ("FirstBlock", 8, 4)]),
    ("ArrayListBlock", &[("Next", 0, 0), ("Size", 8, 4), ("ArrayStart", 16, 8)]),
    (
        "MethodTable",
        &[
            ("!", 64, 0x28),
            ("MTFlags", 0, 0),
            ("BaseSize", 4, 4),
            ("MTFlags2", 8, 8),
            ("NumVirtuals", 12, 12),
            ("NumInterfaces", 14, 14),
            ("ParentMethodTable", 16, 0x10),
            ("Module", 24, 0x14),
            ("AuxiliaryData", 32, 0x18),
            ("EEClassOrCanonMT", 40, 0x1c),
            ("PerInstInfo", 48, 0x20),
        ],
    ),
    (
        "MethodTableAuxiliaryData",
        &[("LoaderModule", 8, 8), ("OffsetToNonVirtualSlots", 2, 2), ("Flags", 0, 0)],
    ),
    (
        "EEClass",
        &[
            ("MethodTable", 16, 16),
            ("FieldDescList", 24, 24),
            ("MethodDescChunk", 32, 32),
            ("CorTypeAttr", 56, 56),
            ("InternalCorElementType", 64, 64),
            ("NumInstanceFields", 66, 66),
            ("NumMethods", 68, 68),
            ("NumStaticFields", 70, 70),
            ("NumThreadStaticFields", 74, 74),
        ],
    ),
    ("GenericsDictInfo", &[("NumDicts", 4, 0), ("NumTypeArgs", 6, 2)]),
];

/// The contract descriptor's JSON. A global is the variable whose address is at its place in the pointer data.
pub(super) fn contract_json(wide: bool, globals: &[&str]) -> String {
    let mut types = serde_json::Map::new();
    for (name, fields) in STRUCTURES {
        let fields = fields.iter().map(|&(field, on_x64, on_x86)| {
            (field.to_owned(), serde_json::Value::from(if wide { on_x64 } else { on_x86 }))
        });
        types.insert((*name).to_owned(), serde_json::Value::Object(fields.collect()));
    }
    let globals: serde_json::Map<_, _> = globals
        .iter()
        .enumerate()
        .map(|(index, name)| ((*name).to_owned(), serde_json::json!([[index], "pointer"])))
        .collect();
    serde_json::json!({
        "version": 0,
        "baseline": "empty",
        "types": types,
        "globals": globals,
        "contracts": {"Thread": 1, "Loader": 1, "Object": 1, "RuntimeTypeSystem": 1, "EcmaMetadata": 1},
    })
    .to_string()
}

/// Where a field of a method table is, by its place in the list above.
pub(super) fn method_table(field: &str, wide: bool) -> u64 {
    offset("MethodTable", field, wide)
}

fn offset(structure: &str, field: &str, wide: bool) -> u64 {
    let fields = STRUCTURES.iter().find(|known| known.0 == structure).map(|known| known.1);
    let found = fields.into_iter().flatten().find(|known| known.0 == field);
    found.map_or_else(
        || panic!("{structure} has no {field}"),
        |&(_, on_x64, on_x86)| if wide { on_x64 } else { on_x86 },
    )
}
