//! `EEClass`: what is used less often of a type, shared by the instantiations over references.
//!
//! Sources: dotnet/coreclr, src/vm/class.h and src/vm/packedfields.inl; the data descriptors of .NET
//! 9 and later; measured on all dumps of the corpus.

use clrscope_memory::VirtAddr;

use super::field_desc::FieldDesc;
use super::method_table::TableReader;
use super::offsets::CountsPlace;

/// Fields that a class may have: as many as metadata has rows for.
const MAX_FIELDS: u32 = 0x1_ffff;
/// How many numbers the block of counts has, packed or not, and which of them are read.
const COUNT_INSTANCE: usize = 0;
const COUNT_STATIC: usize = 2;

/// How many fields a class has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FieldCounts {
    /// Instance fields, those of base types included.
    pub(super) instance: u32,
    /// Static fields of its own, thread statics included.
    pub(super) statics: u32,
}

impl TableReader<'_> {
    /// The numbers of a class's fields.
    pub(super) fn field_counts(&self, class: VirtAddr) -> Option<FieldCounts> {
        let space = self.space();
        match self.offsets.counts? {
            CountsPlace::Fields { instance, statics } => {
                let read = |offset| space.read_u16(class.wrapping_add(offset)).map(u32::from);
                Some(FieldCounts { instance: read(instance)?, statics: read(statics)? })
            }
            CountsPlace::Block { packed, fixed_size } => {
                let fixed = space.read_u8(class.wrapping_add(fixed_size))?;
                let block = class.wrapping_add(fixed.into());
                if space.read_u8(class.wrapping_add(packed))? == 0 {
                    let read = |index: usize| space.read_u32(block.wrapping_add(4 * index as u64));
                    return Some(FieldCounts {
                        instance: read(COUNT_INSTANCE)?,
                        statics: read(COUNT_STATIC)?,
                    });
                }
                // Eleven numbers of at most 5 + 32 bits, of which three are read.
                let mut bits = [0u8; 16];
                let length = space.read_into(block, &mut bits);
                let mut reader = PackedFields { bits: u128::from_le_bytes(bits), left: length * 8 };
                let counts = [reader.next()?, reader.next()?, reader.next()?];
                let [instance, _methods, statics] = counts;
                Some(FieldCounts { instance, statics })
            }
        }
    }

    /// Bytes that the fields of an instance take: of a value type, what a value takes.
    pub(super) fn field_bytes(&self, table: VirtAddr) -> Option<u64> {
        let base = self.tables.header(table)?.base_size;
        let class = self.tables.class(table)?;
        let padding = self.space().read_u8(class.wrapping_add(self.offsets.base_padding?))?;
        u64::from(base).checked_sub(padding.into())
    }

    /// The descriptions of the fields that a type declares itself: instance fields, then statics.
    pub(super) fn field_descs(&self, table: VirtAddr) -> Vec<FieldDesc> {
        let read = || {
            let class = self.tables.class(table)?;
            let counts = self.field_counts(class)?;
            let inherited = self
                .tables
                .parent(table)
                .and_then(|parent| self.tables.class(parent))
                .and_then(|parent| self.field_counts(parent))
                .map_or(0, |counts| counts.instance);
            // Each field of an instance takes a byte of it at least.
            let instance = counts.instance.checked_sub(inherited)?;
            let own = instance.checked_add(counts.statics)?;
            if own == 0 || own > MAX_FIELDS || instance > self.tables.header(table)?.base_size {
                return None;
            }
            let place = class.wrapping_add(self.offsets.field_list?);
            let list = self.offsets.form.follow_cell(self.space(), place)?;
            let size = FieldDesc::size(self.offsets.pointer);
            let at = |index: u32| list.wrapping_add(u64::from(index) * size);
            let read = (0..own).map_while(|index| Some((index, FieldDesc::read(self, at(index))?)));
            // Those of instances come first.
            let of_kind = read.filter(|(index, field)| field.is_static == (*index >= instance));
            Some(of_kind.map(|(_, field)| field).collect())
        };
        read().unwrap_or_default()
    }
}

/// Numbers packed in bits: five bits say how many follow, less one.
struct PackedFields {
    bits: u128,
    left: usize,
}

impl PackedFields {
    fn next(&mut self) -> Option<u32> {
        let length = self.take(5)? + 1;
        self.take(length as usize)
    }

    fn take(&mut self, count: usize) -> Option<u32> {
        self.left = self.left.checked_sub(count)?;
        let value = self.bits & ((1u128 << count) - 1);
        self.bits >>= count;
        Some(value as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_say_their_own_length() {
        // 5: length 3 (00010), value 101; 0: length 1 (00000), value 0.
        let bits = (0b101 << 5) | 0b00010u128;
        let mut reader = PackedFields { bits, left: 14 };
        assert_eq!(reader.next(), Some(5));
        assert_eq!(reader.next(), Some(0));
        assert_eq!(reader.next(), None);
    }
}
