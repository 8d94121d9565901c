//! Where the thread statics of a thread are.
//!
//! Up to .NET 8 a thread has a `ThreadLocalBlock`: a table of `ThreadLocalModule`s by the number of the
//! module (dotnet/coreclr, src/vm/threadstatics.h). From .NET 9 on a type has indexes into arrays of
//! the thread's `ThreadLocalData` (dotnet/runtime, src/coreclr/vm/threadstatics.h). Measured on all
//! dumps of the corpus.

use clrscope_memory::VirtAddr;

use super::field::{Field, FieldKind};
use super::method_table::TableReader;
use super::statics::{STATICS_MASK, STATICS_OF_MODULE, is_gc};

/// Kinds of an index of thread statics, in its upper eight bits.
const KIND_SHIFT: u32 = 24;
const INDEX_MASK: u32 = 0xff_ffff;
const KIND_ARRAY: u32 = 0;
const KIND_COLLECTIBLE: u32 = 1;
const KIND_DIRECT: u32 = 2;
/// Indexes that the array of objects leaves out at its start.
const UNUSED_INDEXES: u64 = 2;

impl TableReader<'_> {
    /// Address of a thread static of one thread; `None` if the thread has not used the statics of
    /// the type, and (up to .NET 8) for those of generic types that can be unloaded.
    pub(super) fn thread_static_slot(
        &self,
        table: VirtAddr,
        field: &Field,
        thread: VirtAddr,
    ) -> Option<VirtAddr> {
        if field.kind != FieldKind::ThreadStatic {
            return None;
        }
        let gc = is_gc(field.element);
        let base = match self.offsets.auxiliary {
            Some(auxiliary) => {
                let auxiliary = self.pointer_at(table.wrapping_add(auxiliary))?;
                self.indexed_base(table, auxiliary, thread, gc)?
            }
            None => self.block_base(table, thread, gc)?,
        };
        Some(base.wrapping_add(field.offset?.into()))
    }

    fn block_base(&self, table: VirtAddr, thread: VirtAddr, gc: bool) -> Option<VirtAddr> {
        let pointer = self.offsets.pointer;
        let header = self.tables.header(table)?;
        let statics = self.domain_local_module(table)?;
        let module_index = self.space().read_u32(statics.wrapping_add(5 * pointer))?;
        let mut block = thread.wrapping_add(self.offsets.thread_statics.block?);
        if self.offsets.thread_statics.block_is_pointer {
            block = self.pointer_at(block)?;
        }
        let modules = self.pointer_at(block)?;
        let count = self.space().read_pointer(block.wrapping_add(pointer))?.0;
        let place = modules.wrapping_add(u64::from(module_index) * pointer);
        let module = (u64::from(module_index) < count).then(|| self.pointer_at(place))??;
        let (base, handle) = if header.flags & STATICS_MASK != STATICS_OF_MODULE {
            // Those of collectible types are kept by their loader.
            if self.tables.is_collectible(header) {
                return None;
            }
            let entry = self.entry(module, self.statics_entry(table, header)?)?;
            (entry, entry)
        } else {
            (module, module.wrapping_add(2 * pointer))
        };
        if !gc {
            return Some(base);
        }
        // A handle to an array of objects.
        let array = self.pointer_at(self.pointer_at(handle)?)?;
        Some(array.wrapping_add(2 * pointer))
    }

    /// The entry of a generic type, or of one of Reflection.Emit, in the table of a `ThreadLocalModule`, `{entries, count, ...}` with
    /// entries `{address, flags}`; it begins with the handle to its array of objects.
    fn entry(&self, module: VirtAddr, id: u64) -> Option<VirtAddr> {
        let pointer = self.offsets.pointer;
        let entries = self.pointer_at(module)?;
        let count = self.space().read_pointer(module.wrapping_add(pointer))?.0;
        let place = entries.wrapping_add(id.checked_mul(2 * pointer)?);
        (id < count).then(|| self.pointer_at(place))?
    }

    fn indexed_base(
        &self,
        table: VirtAddr,
        auxiliary: VirtAddr,
        thread: VirtAddr,
        gc: bool,
    ) -> Option<VirtAddr> {
        let pointer = self.offsets.pointer;
        let offsets = &self.offsets.thread_statics;
        let info = auxiliary.wrapping_sub(offsets.info_size);
        // Only types with thread statics have the indexes; behind them is the block of statics, which
        // names the type.
        let owner = auxiliary.wrapping_sub(pointer);
        if self.pointer_at(owner)? != table {
            return None;
        }
        let index = self.space().read_u32(info.wrapping_add(if gc { 4 } else { 0 }))?;
        let (kind, index) = (index >> KIND_SHIFT, u64::from(index & INDEX_MASK));
        let data = self.pointer_at(thread.wrapping_add(offsets.data?))?;
        match kind {
            KIND_ARRAY => {
                let array = self.pointer_at(data.wrapping_add(offsets.array))?;
                let index = index.checked_sub(UNUSED_INDEXES)?;
                let count = self.space().read_u32(array.wrapping_add(pointer))?;
                let place = array.wrapping_add(2 * pointer + index * pointer);
                (index < count.into()).then(|| self.pointer_at(place))?
            }
            KIND_COLLECTIBLE => {
                let handles = self.pointer_at(data.wrapping_add(offsets.collectible_array))?;
                self.pointer_at(self.pointer_at(handles.wrapping_add(index * pointer))?)
            }
            KIND_DIRECT => Some(data.wrapping_add(index)),
            _ => None,
        }
    }
}
