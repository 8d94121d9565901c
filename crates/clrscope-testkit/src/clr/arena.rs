//! Memory of the fake process that is not managed.

/// A stretch of memory that grows at its end.
#[derive(Debug, Clone)]
pub(super) struct Arena {
    pub(super) base: u64,
    pub(super) bytes: Vec<u8>,
    pointer: usize,
}

impl Arena {
    pub(super) fn new(base: u64, pointer: usize) -> Self {
        Arena { base, bytes: Vec::new(), pointer }
    }

    /// Address of `size` zeroes at a multiple of `alignment`.
    pub(super) fn zeroes(&mut self, size: usize, alignment: usize) -> u64 {
        let start = self.bytes.len().next_multiple_of(alignment);
        self.bytes.resize(start + size, 0);
        self.base + start as u64
    }

    /// Address of a copy of `bytes`.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> u64 {
        let address = self.zeroes(bytes.len(), 16);
        self.put(address, bytes);
        address
    }

    pub(super) fn put(&mut self, address: u64, bytes: &[u8]) {
        let start = (address - self.base) as usize;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    pub(super) fn put_u16(&mut self, address: u64, value: u16) {
        self.put(address, &value.to_le_bytes());
    }

    pub(super) fn put_u32(&mut self, address: u64, value: u32) {
        self.put(address, &value.to_le_bytes());
    }

    pub(super) fn put_pointer(&mut self, address: u64, value: u64) {
        self.put(address, &value.to_le_bytes()[..self.pointer]);
    }

    /// Writes pointers one behind the other.
    pub(super) fn put_pointers(&mut self, address: u64, values: &[u64]) {
        for (index, &value) in values.iter().enumerate() {
            self.put_pointer(address + (index * self.pointer) as u64, value);
        }
    }

    /// Bytes in a pointer.
    pub(super) fn variable_size(&self) -> u64 {
        self.pointer as u64
    }

    /// Address of a variable that holds a pointer.
    pub(super) fn variable(&mut self, value: u64) -> u64 {
        let address = self.zeroes(self.pointer, self.pointer);
        self.put_pointer(address, value);
        address
    }
}
