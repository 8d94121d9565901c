//! Where the values of static fields are.
//!
//! Up to .NET 8 a module has a `DomainLocalModule` with the statics of its types, and a table of
//! entries for generic types (dotnet/coreclr, src/vm/appdomain.hpp). From .NET 9 on every type has its
//! own `DynamicStaticsInfo` just before its auxiliary data (dotnet/runtime,
//! src/coreclr/vm/methodtable.h). Measured on all dumps of the corpus.

use clrscope_memory::VirtAddr;

use super::element_type::ElementType;
use super::field::{Field, FieldKind};
use super::method_table::TableReader;
use crate::method_table::MethodTableHeader;

/// Bits of a method table's flags that say where its statics are (up to .NET 8).
pub(super) const STATICS_MASK: u32 = 0x6;
/// In the module's block, as its metadata lays them out.
pub(super) const STATICS_OF_MODULE: u32 = 0x0;
/// In an entry of the module's table; the class knows which (edit-and-continue, Reflection.Emit).
const STATICS_OF_CLASS: u32 = 0x2;

/// What stands in the place of the number of types without an entry: `MODULE_NON_DYNAMIC_STATICS`.
const NO_ENTRY: u32 = u32::MAX;

impl TableReader<'_> {
    /// The block of statics of the module that a type was loaded with (up to .NET 8).
    pub(super) fn domain_local_module(&self, table: VirtAddr) -> Option<VirtAddr> {
        let module = self.tables.module_word(table)?;
        self.pointer_at(module.wrapping_add(self.offsets.statics.domain_local_module?))
    }

    /// The number of the entry of a type's statics in its module's tables, if they are in one (up to
    /// .NET 8): generic types have it themselves, those of Reflection.Emit in their class.
    pub(super) fn statics_entry(&self, table: VirtAddr, header: MethodTableHeader) -> Option<u64> {
        if header.flags & STATICS_MASK == STATICS_OF_CLASS {
            let class = self.tables.class(table)?;
            let place = class.wrapping_add(self.offsets.statics.optional_fields?);
            let optional = self.offsets.form.follow_cell(self.space(), place)?;
            let id = optional.wrapping_add(self.offsets.statics.dynamic_id?);
            let id = self.space().read_u32(id).filter(|&id| id != NO_ENTRY);
            return id.map(u64::from);
        }
        let members = self.optional_members(table);
        let id = members.wrapping_add(self.offsets.pointer);
        self.space().read_pointer(id).map(|id| id.0)
    }

    /// Where statics of a type begin: those that hold references, or the others.
    fn statics_base(
        &self,
        table: VirtAddr,
        header: MethodTableHeader,
        gc: bool,
    ) -> Option<VirtAddr> {
        let pointer = self.offsets.pointer;
        if let Some(auxiliary) = self.offsets.auxiliary {
            let auxiliary = self.pointer_at(table.wrapping_add(auxiliary))?;
            let size = self.offsets.statics.dynamic_statics_size?;
            let info = auxiliary.wrapping_sub(size);
            // The block exists only for types with statics: it names its type.
            if self.pointer_at(info.wrapping_add(2 * pointer))? != table {
                return None;
            }
            let base = self.pointer_at(if gc { info } else { info.wrapping_add(pointer) })?;
            // The low bit says that the static constructor has not run.
            let base = VirtAddr(base.0 & !1);
            return (!base.is_null()).then_some(base);
        }
        let module = self.domain_local_module(table)?;
        // Types with components have the size of a component instead of these bits.
        let place = if header.component_size() > 0 {
            STATICS_OF_MODULE
        } else {
            header.flags & STATICS_MASK
        };
        match place {
            STATICS_OF_MODULE if gc => self.pointer_at(module.wrapping_add(4 * pointer)),
            STATICS_OF_MODULE => Some(module),
            _ => {
                // Entries of collectible types are handles to arrays that their loader owns.
                if self.tables.is_collectible(header) {
                    return None;
                }
                let id = self.statics_entry(table, header)?;
                let count = self.space().read_pointer(module.wrapping_add(2 * pointer))?.0;
                let entries = self.pointer_at(module.wrapping_add(pointer))?;
                let place = entries.wrapping_add(id.checked_mul(2 * pointer)?);
                let entry = (id < count).then(|| self.pointer_at(place))??;
                if gc { self.pointer_at(entry) } else { Some(entry) }
            }
        }
    }

    /// Address of the slot of a static field. Of a struct the slot holds a reference to a boxed value.
    pub(super) fn static_slot(&self, table: VirtAddr, field: &Field) -> Option<VirtAddr> {
        if field.kind != FieldKind::Static {
            return None;
        }
        let header = self.tables.header(table)?;
        let base = self.statics_base(table, header, is_gc(field.element))?;
        Some(base.wrapping_add(field.offset?.into()))
    }
}

/// Whether a static field of this element type is among those that hold references.
pub(super) fn is_gc(element: ElementType) -> bool {
    element.is_reference() || element == ElementType::Struct
}
