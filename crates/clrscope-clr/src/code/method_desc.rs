//! The runtime's records of methods. `src/coreclr/vm/method.hpp` of dotnet/runtime.

use clrscope_memory::{AddressSpace, VirtAddr};

use crate::layout::MissingField;
use crate::pointer_form::PointerForm;
use crate::runtime::Runtime;

/// What sort of method a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// Intermediate language of a module.
    Il,
    /// Implemented in the runtime.
    FCall,
    /// A call to a native function.
    PInvoke,
    /// Implemented by the runtime for a type, as a delegate's `Invoke`.
    EEImpl,
    /// An array's `Get`, `Set`, `Address` or constructor.
    Array,
    /// An instantiation of a generic method.
    Instantiated,
    /// A call to a COM object.
    ComInterop,
    /// Generated at run time: a lightweight method of Reflection.Emit, or a stub in IL.
    Dynamic,
}

impl MethodKind {
    fn from_classification(classification: u16) -> MethodKind {
        match classification & 7 {
            0 => MethodKind::Il,
            1 => MethodKind::FCall,
            2 => MethodKind::PInvoke,
            3 => MethodKind::EEImpl,
            4 => MethodKind::Array,
            5 => MethodKind::Instantiated,
            6 => MethodKind::ComInterop,
            _ => MethodKind::Dynamic,
        }
    }
}

/// A method, as far as its record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodDesc {
    /// The record.
    pub address: VirtAddr,
    /// The method table that it belongs to: of shared code the canonical one.
    pub method_table: VirtAddr,
    /// Row of the module's table of methods; zero for methods that have none.
    pub row: u32,
    /// Its place in the virtual table, or behind it.
    pub slot: u16,
    /// What sort it is.
    pub kind: MethodKind,
}

/// Reads records of methods.
#[derive(Debug, Clone)]
pub struct MethodDescReader<'data> {
    space: AddressSpace<'data>,
    /// Of the chunk's method table.
    form: PointerForm,
    token_bits: u32,
    alignment: u64,
    chunk_size: u64,
    chunk_method_table: u64,
    chunk_token: u64,
    token: u64,
    chunk_index: u64,
    slot: u64,
    flags: u64,
}

impl<'data> MethodDescReader<'data> {
    /// A reader for a runtime.
    ///
    /// # Errors
    /// If the layout does not know a field.
    pub fn new(runtime: &Runtime<'data>) -> Result<MethodDescReader<'data>, MissingField> {
        let layout = runtime.layout();
        let globals = runtime.globals();
        let space = runtime.snapshot().space.clone();
        let chunk_size = layout.require_size("MethodDescChunk")?;
        Ok(MethodDescReader {
            form: PointerForm::of(globals),
            token_bits: globals.number("MethodDescTokenRemainderBitCount").unwrap_or(14).min(16)
                as u32,
            alignment: space.target().pointer_bytes(),
            chunk_size,
            chunk_method_table: layout.require("MethodDescChunk", "MethodTable")?,
            chunk_token: layout.require("MethodDescChunk", "FlagsAndTokenRange")?,
            token: layout.require("MethodDesc", "Flags3AndTokenRemainder")?,
            chunk_index: layout.require("MethodDesc", "ChunkIndex")?,
            slot: layout.require("MethodDesc", "Slot")?,
            flags: layout.require("MethodDesc", "Flags")?,
            space,
        })
    }

    /// What the size of a record depends on: its kind, and which words follow.
    pub(super) fn form(&self, address: VirtAddr) -> Option<u16> {
        // mdcClassification, mdcHasNonVtableSlot, mdcMethodImpl, mdcHasNativeCodeSlot.
        const MASK: u16 = 0x3f;
        Some(self.space.read_u16(address.wrapping_add(self.flags))? & MASK)
    }

    /// The chunk that a record lies in, by what it says itself.
    pub(super) fn chunk_of(&self, address: VirtAddr) -> Option<VirtAddr> {
        let index = self.space.read_u8(address.wrapping_add(self.chunk_index))?;
        address.checked_sub(u64::from(index) * self.alignment)?.checked_sub(self.chunk_size)
    }

    /// The record at an address; `None` if that cannot be one. Whether it really is one is for the
    /// reader of its method table to say.
    pub fn read(&self, address: VirtAddr) -> Option<MethodDesc> {
        if address.is_null() || !address.is_aligned(self.alignment) {
            return None;
        }
        let number = |offset| self.space.read_u16(address.wrapping_add(offset));
        let chunk = self.chunk_of(address)?;
        let table_at = chunk.wrapping_add(self.chunk_method_table);
        let method_table = self.form.follow(&self.space, table_at)?;
        // The row's high bits are in the chunk, the low ones in the record.
        let high = u32::from(self.space.read_u16(chunk.wrapping_add(self.chunk_token))?);
        let low = u32::from(number(self.token)?);
        let high_mask = (1 << (24 - self.token_bits)) - 1;
        let low_mask = (1 << self.token_bits) - 1;
        let row = (high & high_mask) << self.token_bits | (low & low_mask);
        if !self.space.contains(method_table) {
            return None;
        }
        Some(MethodDesc {
            address,
            method_table,
            row,
            slot: number(self.slot)?,
            kind: MethodKind::from_classification(number(self.flags)?),
        })
    }
}
