//! What no CLR has changed since .NET Core 1.0. Measured on all dumps of the corpus.

use crate::layout::Source;

/// The name of this table.
pub(super) const SOURCE: Source = Source::Table("every CLR");

/// Structures of targets with pointers of four bytes.
pub(super) const POINTER_4: &[(&str, &[(&str, u64)])] = &[
    ("Object", &[("m_pMethTab", 0)]),
    ("String", &[("m_StringLength", 4), ("m_FirstChar", 8)]),
    ("Array", &[("m_NumComponents", 4), ("!", 8)]),
    (
        "HeapSegment",
        &[
            ("Allocated", 0x00),
            ("Committed", 0x04),
            ("Reserved", 0x08),
            ("Used", 0x0c),
            ("Mem", 0x10),
            ("Flags", 0x14),
            ("Next", 0x18),
        ],
    ),
    ("GCAllocContext", &[("Pointer", 0), ("Limit", 4)]),
    ("Generation", &[("AllocationContext", 0)]),
    ("MethodTable", &[("MTFlags", 0), ("BaseSize", 4), ("MTFlags2", 8)]),
];

/// Structures of targets with pointers of eight bytes.
pub(super) const POINTER_8: &[(&str, &[(&str, u64)])] = &[
    ("Object", &[("m_pMethTab", 0)]),
    ("String", &[("m_StringLength", 8), ("m_FirstChar", 12)]),
    ("Array", &[("m_NumComponents", 8), ("!", 16)]),
    (
        "HeapSegment",
        &[
            ("Allocated", 0x00),
            ("Committed", 0x08),
            ("Reserved", 0x10),
            ("Used", 0x18),
            ("Mem", 0x20),
            ("Flags", 0x28),
            ("Next", 0x30),
        ],
    ),
    ("GCAllocContext", &[("Pointer", 0), ("Limit", 8)]),
    ("Generation", &[("AllocationContext", 0)]),
    ("MethodTable", &[("MTFlags", 0), ("BaseSize", 4), ("MTFlags2", 8)]),
];
