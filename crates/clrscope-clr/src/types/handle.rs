//! Type handles: what generic arguments and elements of arrays are given by.
//!
//! A handle is a method table, or, tagged with 2, a `TypeDesc` of what has no method table: pointers,
//! references, generic parameters (dotnet/coreclr, src/vm/typehandle.h and src/vm/typedesc.h).

use clrscope_memory::VirtAddr;

use super::method_table::TableReader;

const TAG: u64 = 2;

// Element types of ECMA-335 II.23.1.16 that a TypeDesc can have.
const POINTER: u8 = 0x0f;
const BY_REF: u8 = 0x10;
const VARIABLE: u8 = 0x13;
const ARRAY: u8 = 0x14;
const FUNCTION_POINTER: u8 = 0x1b;
const VECTOR: u8 = 0x1d;
const METHOD_VARIABLE: u8 = 0x1e;

/// Arguments that a function pointer may have.
const MAX_PARAMETERS: u32 = 1_024;

/// What a type handle stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Handle {
    /// A method table.
    MethodTable(VirtAddr),
    /// A type without one.
    TypeDesc(TypeDesc),
    /// Nothing that can be read.
    Unknown,
}

/// A type without a method table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypeDesc {
    Pointer(VirtAddr),
    ByRef(VirtAddr),
    Array(VirtAddr),
    Variable { of_method: bool, module: Option<VirtAddr>, token: Option<u32> },
    FunctionPointer { result: VirtAddr, parameters: Vec<VirtAddr> },
}

impl Handle {
    pub(super) fn read(reader: &TableReader<'_>, handle: VirtAddr) -> Handle {
        if handle.is_null() {
            return Handle::Unknown;
        }
        if handle.0 & TAG == 0 {
            return Handle::MethodTable(handle);
        }
        let desc = VirtAddr(handle.0 - TAG);
        match TypeDesc::array_table(reader, desc) {
            Some(table) => Handle::MethodTable(table),
            None => TypeDesc::read(reader, desc).map_or(Handle::Unknown, Handle::TypeDesc),
        }
    }

    /// A handle as the address of a method table, if it is one or leads to one.
    pub(super) fn table(reader: &TableReader<'_>, handle: VirtAddr) -> Option<VirtAddr> {
        match Handle::read(reader, handle) {
            Handle::MethodTable(table) => Some(table),
            _ => None,
        }
    }
}

impl TypeDesc {
    /// Up to .NET Core 3.1 arrays have a TypeDesc beside their method table, and point to that.
    fn array_table(reader: &TableReader<'_>, at: VirtAddr) -> Option<VirtAddr> {
        if !matches!(reader.space().read_u8(at)?, VECTOR | ARRAY) {
            return None;
        }
        let template = at.wrapping_add(reader.offsets.pointer);
        let table = reader.offsets.form.follow_cell(reader.space(), template)?;
        let header = reader.tables.header(table)?;
        (header.is_array() && reader.tables.is_valid(table)).then_some(table)
    }

    fn read(reader: &TableReader<'_>, at: VirtAddr) -> Option<TypeDesc> {
        let space = reader.space();
        let offsets = &reader.offsets;
        let argument = || space.read_pointer(at.wrapping_add(offsets.type_arg));
        match space.read_u8(at)? {
            POINTER => argument().map(TypeDesc::Pointer),
            BY_REF => argument().map(TypeDesc::ByRef),
            VECTOR => argument().map(TypeDesc::Array),
            kind @ (VARIABLE | METHOD_VARIABLE) => {
                let module = offsets
                    .type_var_module
                    .and_then(|offset| space.read_pointer(at.wrapping_add(offset)));
                let token = offsets
                    .type_var_token
                    .and_then(|offset| space.read_u32(at.wrapping_add(offset)));
                Some(TypeDesc::Variable { of_method: kind == METHOD_VARIABLE, module, token })
            }
            FUNCTION_POINTER => {
                let count = space.read_u32(at.wrapping_add(offsets.function_arguments?))?;
                let first = at.wrapping_add(offsets.function_types?);
                let read = |index| space.read_pointer(first.wrapping_add(index * offsets.pointer));
                let parameters = (1..=u64::from(count.min(MAX_PARAMETERS))).map_while(read);
                Some(TypeDesc::FunctionPointer {
                    result: read(0)?,
                    parameters: parameters.collect(),
                })
            }
            _ => None,
        }
    }
}
