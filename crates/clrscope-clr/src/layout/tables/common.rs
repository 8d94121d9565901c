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
    (
        "CodeHeapListNode",
        &[
            ("Next", 0),
            ("Heap", 4),
            ("StartAddress", 8),
            ("EndAddress", 12),
            ("MapBase", 16),
            ("HeaderMap", 20),
        ],
    ),
    ("EEJitManager", &[("AllCodeHeaps", 8)]),
    ("LoaderHeapBlock", &[("Next", 0), ("VirtualAddress", 4), ("VirtualSize", 8)]),
    (
        "LoaderCodeHeap",
        &[
            ("FirstBlock", 4),
            ("AllocPtr", 8),
            ("EndOfCommittedRegion", 12),
            ("EndReservedRegion", 16),
        ],
    ),
    ("LoaderAllocator", &[("InitialReservedMemForLoaderHeaps", 8)]),
    ("RealCodeHeader", &[("EHInfo", 4), ("GCInfo", 8), ("MethodDesc", 12)]),
    (
        "MethodDescChunk",
        &[
            ("MethodTable", 0),
            ("Next", 4),
            ("Size", 8),
            ("Count", 9),
            ("FlagsAndTokenRange", 10),
            ("!", 12),
        ],
    ),
    ("MethodDesc", &[("Flags3AndTokenRemainder", 0), ("ChunkIndex", 2), ("Slot", 4), ("Flags", 6)]),
    ("Frame", &[("Next", 4)]),
    (
        "InlinedCallFrame",
        &[("Datum", 8), ("CallSiteSP", 12), ("CallerReturnAddress", 16), ("CalleeSavedFP", 20)],
    ),
    ("FramedMethodFrame", &[("TransitionBlockPtr", 8), ("MethodDesc", 12)]),
    ("GCFrame", &[("ObjRefs", 8), ("NumObjRefs", 12), ("MaybeInterior", 20)]),
    ("HelperMethodFrame", &[("FCallEntry", 20)]),
    (
        "SyncBlockCache",
        &[("CleanupBlockList", 0), ("FreeSyncTableIndex", 0x34), ("SyncTableSize", 0x3c)],
    ),
    ("SyncTableEntry", &[("SyncBlock", 0), ("Object", 4), ("!", 8)]),
    ("WaitEventLink", &[("Thread", 8), ("LinkSB", 0x10)]),
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
    (
        "CodeHeapListNode",
        &[
            ("Next", 0x00),
            ("Heap", 0x08),
            ("StartAddress", 0x10),
            ("EndAddress", 0x18),
            ("MapBase", 0x20),
            ("HeaderMap", 0x28),
        ],
    ),
    ("EEJitManager", &[("AllCodeHeaps", 0x10)]),
    ("LoaderHeapBlock", &[("Next", 0x00), ("VirtualAddress", 0x08), ("VirtualSize", 0x10)]),
    (
        "LoaderCodeHeap",
        &[
            ("FirstBlock", 0x08),
            ("AllocPtr", 0x10),
            ("EndOfCommittedRegion", 0x18),
            ("EndReservedRegion", 0x20),
        ],
    ),
    ("LoaderAllocator", &[("InitialReservedMemForLoaderHeaps", 0x08)]),
    (
        "RealCodeHeader",
        &[
            ("EHInfo", 0x08),
            ("GCInfo", 0x10),
            ("MethodDesc", 0x18),
            ("NumUnwindInfos", 0x20),
            ("UnwindInfos", 0x24),
        ],
    ),
    (
        "MethodDescChunk",
        &[
            ("MethodTable", 0),
            ("Next", 8),
            ("Size", 0x10),
            ("Count", 0x11),
            ("FlagsAndTokenRange", 0x12),
            ("!", 0x18),
        ],
    ),
    ("MethodDesc", &[("Flags3AndTokenRemainder", 0), ("ChunkIndex", 2), ("Slot", 4), ("Flags", 6)]),
    ("Frame", &[("Next", 8)]),
    (
        "InlinedCallFrame",
        &[
            ("Datum", 0x10),
            ("CallSiteSP", 0x18),
            ("CallerReturnAddress", 0x20),
            ("CalleeSavedFP", 0x28),
        ],
    ),
    ("FramedMethodFrame", &[("TransitionBlockPtr", 0x10), ("MethodDesc", 0x18)]),
    ("GCFrame", &[("ObjRefs", 0x10), ("NumObjRefs", 0x18), ("MaybeInterior", 0x28)]),
    ("HelperMethodFrame", &[("FCallEntry", 0x28)]),
    (
        "SyncBlockCache",
        &[("CleanupBlockList", 0), ("FreeSyncTableIndex", 0x54), ("SyncTableSize", 0x60)],
    ),
    ("SyncTableEntry", &[("SyncBlock", 0), ("Object", 8), ("!", 0x10)]),
    ("WaitEventLink", &[("Thread", 0x10), ("LinkSB", 0x20)]),
];
