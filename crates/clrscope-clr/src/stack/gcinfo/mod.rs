//! GC info: which registers and stack slots of a method hold references, at each of its offsets.
//!
//! Only x64's encoding is read, in versions 1 (precompiled by .NET Core 1), 2 (up to .NET 8), 3 (.NET 9)
//! and 4 (.NET 10). Facts: `src/coreclr/vm/gcinfodecoder.cpp`, `src/coreclr/inc/gcinfotypes.h` and
//! `docs/design/coreclr/botr/` of dotnet/runtime; versions measured on the corpus.

mod bits;
mod header;
mod live;
mod slots;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use clrscope_memory::{AddressSpace, VirtAddr};

use self::bits::Bits;
pub use self::header::{GcInfoHeader, GenericContext, GenericContextKind};
pub use self::live::{Execution, LiveSlots};
pub use self::slots::{Slot, SlotBase, SlotPlace};

/// Why GC info could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GcInfoError {
    /// It is not in the capture.
    #[error("GC info at {0} is not in the capture")]
    Missing(VirtAddr),
    /// It ends early, or counts more than it holds.
    #[error("GC info ends early at bit {0}")]
    Truncated(u64),
    /// It is of a version whose form is not known.
    #[error("GC info of unknown version {0}")]
    UnknownVersion(u32),
}

/// More bytes of GC info than any method has.
const LONGEST: usize = 1 << 20;

/// The GC info of one method.
#[derive(Debug, Clone)]
pub struct GcInfo<'data> {
    bytes: Cow<'data, [u8]>,
    version: u32,
    header: GcInfoHeader,
    /// Offsets of calls: of the instruction behind, or one less.
    safe_points: Vec<u32>,
    /// Where a thread can be stopped at every instruction.
    interruptible: Vec<std::ops::Range<u32>>,
    slots: slots::SlotTable,
    /// Bit at which the live states begin.
    states: u64,
}

impl<'data> GcInfo<'data> {
    /// Reads the GC info at `address`.
    pub fn read(
        space: &AddressSpace<'data>,
        address: VirtAddr,
        version: u32,
    ) -> Result<GcInfo<'data>, GcInfoError> {
        let run = space.contiguous(address);
        let bytes = if run.len() >= 4096 {
            Cow::Borrowed(run.get(..LONGEST).unwrap_or(run))
        } else {
            // It may go on in the next run.
            let mut copy = vec![0; 1 << 16];
            let length = space.read_into(address, &mut copy);
            copy.truncate(length);
            Cow::Owned(copy)
        };
        if bytes.is_empty() {
            return Err(GcInfoError::Missing(address));
        }
        GcInfo::parse(bytes, version)
    }

    /// Reads GC info that begins at the first of `bytes`.
    pub fn parse(bytes: Cow<'data, [u8]>, version: u32) -> Result<GcInfo<'data>, GcInfoError> {
        if !(1..=4).contains(&version) {
            return Err(GcInfoError::UnknownVersion(version));
        }
        let mut bits = Bits::new(&bytes);
        let (header, counts) = header::read(&mut bits, version)?;
        let width = ceil_log2(header.code_length);
        // No two are at the same place, so that code of one byte cannot have two.
        bits.require(u64::from(counts.safe_points) * u64::from(width.max(1)))?;
        let safe_points =
            (0..counts.safe_points).map(|_| bits.read(width)).collect::<Result<_, _>>()?;
        let interruptible = header::read_ranges(&mut bits, counts.ranges)?;
        let slots = slots::SlotTable::read(&mut bits)?;
        let states = bits.position();
        Ok(GcInfo { bytes, version, header, safe_points, interruptible, slots, states })
    }

    /// What it says of the method as a whole.
    pub fn header(&self) -> &GcInfoHeader {
        &self.header
    }

    /// Bytes of the method's code, its funclets included.
    pub fn code_length(&self) -> u32 {
        self.header.code_length
    }

    /// Offsets at which a thread can be stopped because a call returns there.
    pub fn safe_points(&self) -> &[u32] {
        &self.safe_points
    }

    /// Ranges of offsets in which a thread can be stopped at every instruction.
    pub fn interruptible_ranges(&self) -> &[std::ops::Range<u32>] {
        &self.interruptible
    }

    /// All slots, tracked ones first.
    pub fn slots(&self) -> &[Slot] {
        self.slots.all()
    }
}

/// The number of bits that offsets of a method take.
fn ceil_log2(value: u32) -> u32 {
    u32::BITS - value.max(1).wrapping_sub(1).leading_zeros()
}
