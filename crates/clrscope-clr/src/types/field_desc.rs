//! `FieldDesc`: what the runtime knows of a field.
//!
//! Source: dotnet/coreclr, src/vm/field.h; unchanged up to .NET 10 (measured).

use clrscope_memory::VirtAddr;

use super::element_type::ElementType;
use super::method_table::TableReader;

const STATIC: u32 = 1 << 24;
const THREAD_STATIC: u32 = 1 << 25;
const RVA: u32 = 1 << 26;
/// The whole row number of the field is there; otherwise its upper bits hold a hash of the name.
const FULL_TOKEN: u32 = 1 << 30;
const FULL_TOKEN_MASK: u32 = 0xff_ffff;
const PACKED_TOKEN_MASK: u32 = 0x1_ffff;
const OFFSET_BITS: u32 = 27;
/// Offsets from here on say that the field has no place (yet).
const FIRST_SPECIAL_OFFSET: u32 = (1 << OFFSET_BITS) - 6;

/// A field description, copied out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldDesc {
    pub(super) address: VirtAddr,
    /// Row of the field in the declaring module's metadata.
    pub(super) rid: u32,
    pub(super) is_static: bool,
    pub(super) is_thread_static: bool,
    pub(super) is_rva: bool,
    /// Of instance fields behind the method table pointer, of statics behind the base of their kind.
    pub(super) offset: Option<u32>,
    /// Enums count as the primitive type that they are made of.
    pub(super) element: Option<ElementType>,
}

impl FieldDesc {
    /// Bytes of a description: a pointer to the method table and two words.
    pub(super) const fn size(pointer: u64) -> u64 {
        pointer + 8
    }

    pub(super) fn read(reader: &TableReader<'_>, at: VirtAddr) -> Option<FieldDesc> {
        let space = reader.space();
        let pointer = reader.offsets.pointer;
        let first = space.read_u32(at.wrapping_add(pointer))?;
        let second = space.read_u32(at.wrapping_add(pointer + 4))?;
        let mask = if first & FULL_TOKEN != 0 { FULL_TOKEN_MASK } else { PACKED_TOKEN_MASK };
        let offset = second & ((1 << OFFSET_BITS) - 1);
        Some(FieldDesc {
            address: at,
            rid: first & mask,
            is_static: first & STATIC != 0,
            is_thread_static: first & THREAD_STATIC != 0,
            is_rva: first & RVA != 0,
            offset: (offset < FIRST_SPECIAL_OFFSET).then_some(offset),
            element: ElementType::from_number((second >> OFFSET_BITS) as u8),
        })
    }
}
