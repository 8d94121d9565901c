//! Lookups that remember where the last one ended: walks are mostly sequential.

use crate::{AddressSpace, VirtAddr};

/// A reader of an [`AddressSpace`] that tries the run of the last read, and its neighbour, before it
/// searches. Cheap to make; make one for each walk and each thread.
#[derive(Debug, Clone)]
pub struct MemoryCursor<'a, 'data> {
    space: &'a AddressSpace<'data>,
    last: usize,
}

impl<'a, 'data> MemoryCursor<'a, 'data> {
    pub(crate) fn new(space: &'a AddressSpace<'data>) -> Self {
        MemoryCursor { space, last: 0 }
    }

    /// The address space that this reads.
    pub fn space(&self) -> &'a AddressSpace<'data> {
        self.space
    }

    /// All bytes from `address` to the end of its run; empty if the capture does not hold it.
    pub fn contiguous(&mut self, address: VirtAddr) -> &'data [u8] {
        let runs = self.space.runs();
        for candidate in [self.last, self.last + 1] {
            if let Some(run) = runs.get(candidate)
                && (run.start..run.end).contains(&address.0)
            {
                self.last = candidate;
                return self.space.run_tail(run, address.0);
            }
        }
        match self.space.find(address.0) {
            Some(index) => {
                self.last = index;
                self.space.run_tail(&runs[index], address.0)
            }
            None => &[],
        }
    }

    /// `length` bytes at `address`, if they are in one run.
    pub fn slice(&mut self, address: VirtAddr, length: usize) -> Option<&'data [u8]> {
        self.contiguous(address).get(..length)
    }

    fn array<const N: usize>(&mut self, address: VirtAddr) -> Option<[u8; N]> {
        if let Some(bytes) = self.contiguous(address).first_chunk() {
            return Some(*bytes);
        }
        self.space.read_array(address)
    }

    /// The 32-bit number at `address`.
    pub fn read_u32(&mut self, address: VirtAddr) -> Option<u32> {
        self.array(address).map(u32::from_le_bytes)
    }

    /// The 64-bit number at `address`.
    pub fn read_u64(&mut self, address: VirtAddr) -> Option<u64> {
        self.array(address).map(u64::from_le_bytes)
    }

    /// The pointer at `address`, as wide as the target's pointers are.
    pub fn read_pointer(&mut self, address: VirtAddr) -> Option<VirtAddr> {
        match self.space.target().pointer {
            crate::PointerWidth::Four => self.read_u32(address).map(|value| VirtAddr(value.into())),
            crate::PointerWidth::Eight => self.read_u64(address).map(VirtAddr),
        }
    }
}
