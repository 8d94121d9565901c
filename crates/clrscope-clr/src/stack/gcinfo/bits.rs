//! A stream of bits, the lowest of each byte first.

use super::GcInfoError;

/// Reads bits; never behind the end.
#[derive(Debug, Clone)]
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    position: u64,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Bits<'a> {
        Bits { bytes, position: 0 }
    }

    /// A reader at a given bit.
    pub(super) fn at(bytes: &'a [u8], position: u64) -> Bits<'a> {
        Bits { bytes, position }
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn truncated(&self) -> GcInfoError {
        GcInfoError::Truncated(self.position)
    }

    /// Fails unless `count` more bits are there.
    pub(super) fn require(&self, count: u64) -> Result<(), GcInfoError> {
        let left = (self.bytes.len() as u64 * 8).saturating_sub(self.position);
        if count <= left { Ok(()) } else { Err(self.truncated()) }
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), GcInfoError> {
        self.require(count)?;
        self.position += count;
        Ok(())
    }

    /// Moves on to the next whole byte.
    pub(super) fn align(&mut self) {
        self.position = self.position.next_multiple_of(8);
    }

    pub(super) fn flag(&mut self) -> Result<bool, GcInfoError> {
        self.read(1).map(|bit| bit == 1)
    }

    /// The next `count` bits, at most 32.
    pub(super) fn read(&mut self, count: u32) -> Result<u32, GcInfoError> {
        if count > 32 {
            return Err(self.truncated());
        }
        self.require(count.into())?;
        let first = (self.position / 8) as usize;
        let mut window = [0u8; 8];
        for (to, from) in window.iter_mut().zip(self.bytes.get(first..).unwrap_or_default()) {
            *to = *from;
        }
        let value = u64::from_le_bytes(window) >> (self.position % 8);
        self.position += u64::from(count);
        Ok((value & ((1 << count) - 1)) as u32)
    }

    /// Groups of `base` bits, each followed by a bit that says whether another follows.
    pub(super) fn unsigned(&mut self, base: u32) -> Result<u32, GcInfoError> {
        self.groups(base).map(|(value, _)| value as u32)
    }

    /// The same, whose highest bit is the sign.
    pub(super) fn signed(&mut self, base: u32) -> Result<i32, GcInfoError> {
        let (value, width) = self.groups(base)?;
        let unused = 64 - width;
        Ok(((value << unused) as i64 >> unused) as i32)
    }

    fn groups(&mut self, base: u32) -> Result<(u64, u32), GcInfoError> {
        let (mut value, mut width) = (0, 0);
        loop {
            let group = self.read(base + 1)?;
            value |= u64::from(group & ((1 << base) - 1)) << width;
            width += base;
            if group >> base == 0 {
                return Ok((value, width));
            }
            if width >= 32 {
                return Err(self.truncated());
            }
        }
    }
}
