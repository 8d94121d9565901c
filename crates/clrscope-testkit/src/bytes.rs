//! A buffer to which little-endian numbers are appended.

/// Bytes under construction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bytes(Vec<u8>);

impl Bytes {
    /// An empty buffer.
    pub fn new() -> Self {
        Bytes::default()
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.raw(&[value])
    }

    /// Appends a 16-bit number.
    pub fn u16(&mut self, value: u16) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Appends a 32-bit number.
    pub fn u32(&mut self, value: u32) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Appends a 64-bit number.
    pub fn u64(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_le_bytes())
    }

    /// Appends bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends `count` zeroes.
    pub fn zeroes(&mut self, count: usize) -> &mut Self {
        self.pad_to(self.0.len() + count)
    }

    /// Appends zeroes until the buffer has `length` bytes; a longer one stays as it is.
    pub fn pad_to(&mut self, length: usize) -> &mut Self {
        if self.0.len() < length {
            self.0.resize(length, 0);
        }
        self
    }

    /// Appends zeroes until the length is a multiple of `alignment`.
    pub fn align(&mut self, alignment: usize) -> &mut Self {
        self.pad_to(self.0.len().next_multiple_of(alignment))
    }

    /// Appends `text` in UTF-16, without a zero behind it.
    pub fn utf16(&mut self, text: &str) -> &mut Self {
        for unit in text.encode_utf16() {
            self.u16(unit);
        }
        self
    }

    /// Overwrites the bytes at `offset`.
    ///
    /// # Panics
    /// If they are not all within the buffer.
    pub fn put(&mut self, offset: usize, bytes: &[u8]) -> &mut Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// Overwrites the 32-bit number at `offset`.
    ///
    /// # Panics
    /// If it is not within the buffer.
    pub fn put_u32(&mut self, offset: usize, value: u32) -> &mut Self {
        self.put(offset, &value.to_le_bytes())
    }

    /// Bytes so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes.
    pub fn into_vec(self) -> Vec<u8> {
        self.0
    }
}
