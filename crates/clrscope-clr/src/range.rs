//! A stretch of addresses.

use clrscope_memory::VirtAddr;

/// Addresses from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct AddressRange {
    /// The first address.
    pub start: VirtAddr,
    /// The address behind the last.
    pub end: VirtAddr,
}

impl AddressRange {
    /// The addresses from `start` to before `end`; empty if `end` is before `start`.
    pub fn new(start: VirtAddr, end: VirtAddr) -> AddressRange {
        AddressRange { start, end: end.max(start) }
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.end.0.saturating_sub(self.start.0)
    }

    /// Whether it holds no address.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it holds `address`.
    pub fn contains(&self, address: VirtAddr) -> bool {
        self.start <= address && address < self.end
    }
}
