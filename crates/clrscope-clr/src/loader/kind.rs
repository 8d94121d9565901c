//! What the heaps of the runtime's loader are for.

use std::fmt;

/// What a loader heap holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LoaderHeapKind {
    /// What is seldom touched once it is made: descriptions of classes and fields, names, hash tables.
    LowFrequency,
    /// What running code touches: method tables, descriptions of methods.
    HighFrequency,
    /// Values of static fields that are no references (.NET 9 and later).
    Statics,
    /// Stubs for platform invocation, delegates and their kin.
    Stub,
    /// Other code that is not the JIT's.
    Executable,
    /// Entry points of methods that will be patched when the method is compiled (.NET 7 and later).
    FixupPrecode,
    /// Other entry points of methods, of a fixed form (.NET 7 and later).
    NewStubPrecode,
    /// Cells through which calls of interface methods go.
    IndirectionCell,
    /// What calls of interface methods were resolved to.
    CacheEntry,
    /// Stubs that look interface methods up.
    Lookup,
    /// Stubs of interface calls that mostly meet one type.
    Dispatch,
    /// Stubs of interface calls that meet many types.
    Resolve,
    /// Stubs of virtual calls.
    Vtable,
    /// Methods that the JIT compiled.
    LoaderCode,
    /// Dynamic methods that the JIT compiled: they are freed one by one.
    HostCode,
}

impl LoaderHeapKind {
    /// Its name, as SOS has it.
    pub const fn name(self) -> &'static str {
        match self {
            LoaderHeapKind::LowFrequency => "LowFrequencyHeap",
            LoaderHeapKind::HighFrequency => "HighFrequencyHeap",
            LoaderHeapKind::Statics => "StaticsHeap",
            LoaderHeapKind::Stub => "StubHeap",
            LoaderHeapKind::Executable => "ExecutableHeap",
            LoaderHeapKind::FixupPrecode => "FixupPrecodeHeap",
            LoaderHeapKind::NewStubPrecode => "NewStubPrecodeHeap",
            LoaderHeapKind::IndirectionCell => "IndirectionCellHeap",
            LoaderHeapKind::CacheEntry => "CacheEntryHeap",
            LoaderHeapKind::Lookup => "LookupHeap",
            LoaderHeapKind::Dispatch => "DispatchHeap",
            LoaderHeapKind::Resolve => "ResolveHeap",
            LoaderHeapKind::Vtable => "VtableHeap",
            LoaderHeapKind::LoaderCode => "LoaderCodeHeap",
            LoaderHeapKind::HostCode => "HostCodeHeap",
        }
    }

    /// Whether it holds methods that the JIT compiled.
    pub const fn is_jitted_code(self) -> bool {
        matches!(self, LoaderHeapKind::LoaderCode | LoaderHeapKind::HostCode)
    }
}

impl fmt::Display for LoaderHeapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
