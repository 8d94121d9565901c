//! The classes that the account puts memory into.

use std::fmt;

/// What memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoryClass {
    /// Managed objects.
    GcObjects,
    /// Gaps between managed objects.
    GcFree,
    /// Memory of the GC's segments and regions that holds no objects yet, or no more.
    GcUnused,
    /// What the GC keeps of its heap: card tables, brick tables, mark arrays, maps of regions.
    GcBookkeeping,
    /// Tables of handles of the GC.
    HandleTables,
    /// Heaps of the runtime's loader: method tables, descriptions of methods, stubs.
    LoaderHeaps,
    /// Memory that can be executed and is no image: compiled code and stubs.
    Code,
    /// Images, by name.
    Image,
    /// Stacks of threads.
    Stacks,
    /// Environment blocks of the process and of its threads, and what they refer to.
    Environment,
    /// Heaps of the operating system, those behind `HeapAlloc`, `malloc` and `new`.
    NativeHeaps,
    /// Views of files and sections.
    Mapped,
    /// What nobody explains: memory of native code, by what it looks like.
    Native,
}

impl MemoryClass {
    /// All classes, in the order of the account.
    pub const ALL: [MemoryClass; 13] = [
        MemoryClass::GcObjects,
        MemoryClass::GcFree,
        MemoryClass::GcUnused,
        MemoryClass::GcBookkeeping,
        MemoryClass::HandleTables,
        MemoryClass::LoaderHeaps,
        MemoryClass::Code,
        MemoryClass::Image,
        MemoryClass::Stacks,
        MemoryClass::Environment,
        MemoryClass::NativeHeaps,
        MemoryClass::Mapped,
        MemoryClass::Native,
    ];

    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            MemoryClass::GcObjects => "gc objects",
            MemoryClass::GcFree => "gc free",
            MemoryClass::GcUnused => "gc unused",
            MemoryClass::GcBookkeeping => "gc bookkeeping",
            MemoryClass::HandleTables => "handle tables",
            MemoryClass::LoaderHeaps => "loader heaps",
            MemoryClass::Code => "code",
            MemoryClass::Image => "images",
            MemoryClass::Stacks => "stacks",
            MemoryClass::Environment => "environment",
            MemoryClass::NativeHeaps => "native heaps",
            MemoryClass::Mapped => "mapped",
            MemoryClass::Native => "native",
        }
    }
}

impl fmt::Display for MemoryClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
