//! IL that modules were given while they ran: by Reflection.Emit, most often.
//!
//! A module keeps it in a hash table from tokens to addresses, `DynamicILBlobTable` of
//! `src/coreclr/vm/ceeload.h` of dotnet/runtime. The table is found by its shape, so that no layout is
//! needed; measured on the `all` dumps of .NET Core 2.1 to .NET 10.

use clrscope_image::TableId;
use clrscope_memory::{AddressSpace, VirtAddr};

use crate::modules::Module;
use crate::runtime::Runtime;
use crate::words::{MODULE_WORDS, addresses_in};

/// Slots that the table of one module can have.
const MAX_SLOTS: u32 = 1 << 24;

/// Where the body of a method is that was made at run time.
pub(super) fn address(runtime: &Runtime<'_>, module: &Module<'_>, row: u32) -> Option<VirtAddr> {
    let space = &runtime.snapshot().space;
    let pointer = space.target().pointer_bytes();
    // What lies behind belongs to the next module.
    let next = runtime.modules().iter().map(|module| module.address());
    let next = next.filter(|&next| next > module.address()).min();
    let words = next.and_then(|next| next.offset_from(module.address()));
    let words = words.map_or(MODULE_WORDS, |bytes| (bytes / pointer).min(MODULE_WORDS));
    let rows = module.metadata()?.row_count(TableId::MethodDef);
    addresses_in(space, module.address(), words)
        // Up to .NET 5 the table has a virtual table.
        .flat_map(|word| [word, word.wrapping_add(pointer)])
        .find_map(|at| Table::read(space, at, rows))?
        .find(space, row)
}

/// An `SHash`: `{slots, u32 count of slots, u32 count, u32 occupied, u32 most}`, slots `{token, address}`.
struct Table {
    slots: VirtAddr,
    size: u32,
}

impl Table {
    /// The table at an address, if all that is in it are methods.
    fn read(space: &AddressSpace<'_>, at: VirtAddr, rows: u32) -> Option<Table> {
        let pointer = space.target().pointer_bytes();
        let number = |index: u64| space.read_u32(at.wrapping_add(pointer + 4 * index));
        let table = Table { slots: space.read_pointer(at)?, size: number(0)? };
        let (count, occupied, most) = (number(1)?, number(2)?, number(3)?);
        let fits = count > 0 && count <= occupied && occupied <= most && most <= table.size;
        if !fits || table.size > MAX_SLOTS || count > rows {
            return None;
        }
        let mut methods = 0;
        for index in 0..table.size {
            match table.slot(space, index)? {
                (0, _) => {}
                (token, body) if is_method(token, rows) && space.contains(body) => methods += 1,
                _ => return None,
            }
        }
        (methods == count).then_some(table)
    }

    fn slot(&self, space: &AddressSpace<'_>, index: u32) -> Option<(u32, VirtAddr)> {
        let pointer = space.target().pointer_bytes();
        let at = self.slots.wrapping_add(u64::from(index) * 2 * pointer);
        Some((space.read_u32(at)?, space.read_pointer(at.wrapping_add(pointer))?))
    }

    fn find(&self, space: &AddressSpace<'_>, row: u32) -> Option<VirtAddr> {
        let slots = (0..self.size).filter_map(|index| self.slot(space, index));
        let mut found = slots.filter(|&(token, _)| token != 0 && token & 0xff_ffff == row);
        found.next().map(|(_, body)| body)
    }
}

fn is_method(token: u32, rows: u32) -> bool {
    token >> 24 == u32::from(TableId::MethodDef.0) && (1..=rows).contains(&(token & 0xff_ffff))
}
