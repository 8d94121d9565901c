//! Methods that were generated one by one, without an assembly.

use std::io;

use clrscope_analyze::{DynamicMethods, GeneratedGroup, Grouped};
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;

/// Methods that were generated one by one, without an assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MethodsRow {
    /// `DynamicMethod` objects on the heap.
    pub objects: u64,
    /// `DynamicResolver` objects: one for each that was compiled.
    pub resolvers: u64,
    /// Generated methods with code, the runtime's own stubs in IL among them.
    pub compiled: u64,
    /// Bytes of that code.
    pub code_bytes: u64,
    /// Bytes of the code heaps that only such methods are in.
    pub heap_bytes: u64,
}

/// Generated methods of one maker and one shape of name that were compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedRow {
    /// Who made them: `expression trees`, `the runtime`...
    pub maker: &'static str,
    /// The shape of their names.
    pub pattern: String,
    /// The first of them.
    pub example: String,
    /// How many.
    pub methods: u64,
    /// Bytes of their code.
    pub code_bytes: u64,
}

impl MethodsRow {
    pub(super) fn new(methods: DynamicMethods) -> MethodsRow {
        MethodsRow {
            objects: methods.objects,
            resolvers: methods.resolvers,
            compiled: methods.compiled,
            code_bytes: methods.code_bytes,
            heap_bytes: methods.heap_bytes,
        }
    }

    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(
            page,
            "Dynamic methods: {} objects, {} compiled; with the runtime's own stubs {} methods of {} bytes.",
            Grouped(self.objects),
            Grouped(self.resolvers),
            Grouped(self.compiled),
            Grouped(self.code_bytes)
        )
    }
}

impl GeneratedRow {
    pub(super) fn new(group: &GeneratedGroup) -> GeneratedRow {
        GeneratedRow {
            maker: group.maker.name(),
            pattern: group.pattern.clone(),
            example: group.example.clone(),
            methods: group.methods,
            code_bytes: group.code_bytes,
        }
    }

    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(
            page,
            "    {} {} ({}): {} bytes, for example {}",
            Grouped(self.methods),
            Escaped(&self.pattern),
            self.maker,
            Grouped(self.code_bytes),
            Escaped(&self.example)
        )
    }
}
