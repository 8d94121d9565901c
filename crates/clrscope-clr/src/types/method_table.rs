//! What method tables lead to: the declaring module, generic arguments, interfaces.
//!
//! Sources: dotnet/coreclr and dotnet/runtime, methodtable.h and methodtable.inl of each version; the
//! data descriptors of .NET 9 and later; measured on all dumps of the corpus.

use clrscope_memory::{AddressSpace, VirtAddr, limits};

use super::offsets::TypeOffsets;
use crate::method_table::{MethodTableHeader, MethodTableReader};

const GENERIC_TYPICAL: u32 = 0x30;
const CONTAINS_GENERIC_VARIABLES: u32 = 0x2000_0000;

/// Bits of the second flags that say which optional slots there are (up to .NET 8).
const SLOT_PER_INST_INFO: u16 = 0x01;
const SLOT_INTERFACE_MAP: u16 = 0x02;
const SLOT_DISPATCH_MAP: u16 = 0x04;
const SLOT_NON_VIRTUAL: u16 = 0x08;
const SLOT_MODULE: u16 = 0x10;
/// The slots of `PerInstInfo` and `InterfaceMap` are free for others if their owner is absent, in
/// this order of bits.
const MULTIPURPOSE: [u16; 3] = [SLOT_DISPATCH_MAP, SLOT_NON_VIRTUAL, SLOT_MODULE];

/// Reads what method tables of one runtime lead to.
#[derive(Debug)]
pub(super) struct TableReader<'data> {
    pub(super) tables: MethodTableReader<'data>,
    pub(super) offsets: TypeOffsets,
}

impl<'data> TableReader<'data> {
    pub(super) fn space(&self) -> &AddressSpace<'data> {
        self.tables.space()
    }

    pub(super) fn pointer_at(&self, address: VirtAddr) -> Option<VirtAddr> {
        self.space().follow(address)
    }

    /// Whether there is a method table, of an interface or of what has instances.
    pub(super) fn is_type(&self, table: VirtAddr) -> bool {
        self.tables.is_valid(table) || self.tables.is_interface(table)
    }

    /// The upper half of the word behind the sizes: up to .NET 8 the second flags.
    fn optional_slots(&self, table: VirtAddr) -> u16 {
        self.space().read_u16(table.wrapping_add(8)).unwrap_or(0)
    }

    /// Row of the TypeDef in the declaring module; `None` for arrays and if it did not fit.
    pub(super) fn rid(&self, table: VirtAddr) -> Option<u32> {
        self.tables.type_row(table).filter(|&rid| rid != 0 && rid != 0xffff)
    }

    /// Whether it is a generic type over its own parameters.
    pub(super) fn is_definition(&self, header: MethodTableHeader) -> bool {
        header.is_generic() && header.flags & MethodTableHeader::GENERICS_MASK == GENERIC_TYPICAL
    }

    /// Whether it is constructed from parameters of generic types or methods, its own or others.
    pub(super) fn is_open(&self, header: MethodTableHeader) -> bool {
        header.flags & CONTAINS_GENERIC_VARIABLES != 0
    }

    /// The module that declares the type. From .NET 9 on the method table points to it. Before, it
    /// points to the module that the type was loaded with, which is another one for some generic
    /// types and arrays: these have the declaring module in an optional slot.
    pub(super) fn module(&self, table: VirtAddr) -> Option<VirtAddr> {
        let header = self.tables.header(table)?;
        if !self.tables.module_is_loader() {
            return self.tables.module_word(table);
        }
        let owner = if header.is_generic() { self.tables.canonical(table)? } else { table };
        let overridden = (header.is_array() || header.is_generic())
            && self.optional_slots(owner) & SLOT_MODULE != 0;
        if overridden {
            let slot = self.optional_slot(owner, SLOT_MODULE);
            return self.offsets.form.follow_cell(self.space(), slot);
        }
        self.tables.module_word(owner)
    }

    /// The slot of an optional member (up to .NET 8): the two fixed slots, if free, then those behind
    /// the pointers to the chunks of the virtual table.
    fn optional_slot(&self, table: VirtAddr, flag: u16) -> VirtAddr {
        let present = self.optional_slots(table);
        let before = MULTIPURPOSE.iter().take_while(|&&bit| bit != flag);
        let index = before.filter(|&&bit| present & bit != 0).count();
        let free = self.free_slots(present);
        match free.clone().nth(index) {
            Some(offset) => table.wrapping_add(offset),
            None => {
                let overflow = (index - free.count()) as u64;
                self.behind_vtable(table).wrapping_add(overflow * self.offsets.pointer)
            }
        }
    }

    fn free_slots(&self, present: u16) -> impl Iterator<Item = u64> + Clone {
        let fixed = [
            (SLOT_PER_INST_INFO, self.offsets.per_inst_info),
            (SLOT_INTERFACE_MAP, self.offsets.interface_map),
        ];
        fixed.into_iter().filter(move |(bit, _)| present & bit == 0).map(|(_, offset)| offset)
    }

    /// The first address behind the pointers to the chunks of the virtual table: eight slots each.
    fn behind_vtable(&self, table: VirtAddr) -> VirtAddr {
        let virtuals = table.wrapping_add(self.offsets.num_virtuals);
        let chunks = u64::from(self.space().read_u16(virtuals).unwrap_or(0)).div_ceil(8);
        table.wrapping_add(self.offsets.vtable + chunks * self.offsets.pointer)
    }

    /// The first address behind the optional slots, where the optional members begin (up to .NET 8):
    /// `{FieldDescs, DynamicTypeID}` of a type with statics of its own instantiation.
    pub(super) fn optional_members(&self, table: VirtAddr) -> VirtAddr {
        let present = self.optional_slots(table);
        let used = MULTIPURPOSE.iter().filter(|&&bit| present & bit != 0).count();
        let overflow = used.saturating_sub(self.free_slots(present).count()) as u64;
        self.behind_vtable(table).wrapping_add(overflow * self.offsets.pointer)
    }

    /// The handles of all generic arguments, those of the types around it included. Just before the
    /// array of dictionaries there are two 16-bit numbers: how many dictionaries there are (the last
    /// is the type's own) and how many arguments.
    pub(super) fn generic_arguments(&self, table: VirtAddr) -> Option<Vec<VirtAddr>> {
        if !self.tables.header(table)?.is_generic() {
            return Some(Vec::new());
        }
        let dictionaries = self.tables.per_inst_info(table)?;
        let count = self.space().read_u16(dictionaries.wrapping_sub(4))?;
        let arguments = self.space().read_u16(dictionaries.wrapping_sub(2))?;
        if arguments > limits::MAX_ARGUMENTS {
            return None;
        }
        let last = u64::from(count.checked_sub(1)?) * self.offsets.pointer;
        let own = self.pointer_at(dictionaries.wrapping_add(last))?;
        (0..u64::from(arguments))
            .map(|index| self.space().read_pointer(own.wrapping_add(index * self.offsets.pointer)))
            .collect()
    }

    /// The method tables of all interfaces that the type implements, in the order of its map.
    pub(super) fn interfaces(&self, table: VirtAddr) -> Vec<VirtAddr> {
        let count = self.space().read_u16(table.wrapping_add(self.offsets.num_interfaces));
        let count = u64::from(count.unwrap_or(0));
        if count == 0 {
            return Vec::new();
        }
        let Some(map) = self.pointer_at(table.wrapping_add(self.offsets.interface_map)) else {
            return Vec::new();
        };
        // Unlike others, these are plain pointers in .NET Core 2.x too; an odd one leads to a cell that
        // holds the pointer (dotnet/coreclr, src/inc/fixuppointer.h; measured).
        let interface = |index| {
            let value = self.pointer_at(map.wrapping_add(index * self.offsets.pointer))?;
            if value.0 & 1 == 0 { Some(value) } else { self.pointer_at(VirtAddr(value.0 - 1)) }
        };
        (0..count).map_while(interface).collect()
    }
}
