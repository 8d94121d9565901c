//! The record that unwind codes are in.

use clrscope_memory::{Rva, VirtAddr};

use super::codes::Codes;
use crate::unwind::{FunctionEntry, Memory, UnwindError};

/// Flag: the function has an exception handler.
const EXCEPTION_HANDLER: u8 = 1;
/// Flag: the function has a termination handler.
const TERMINATION_HANDLER: u8 = 2;
/// Flag: the record continues in that of another function entry.
const CHAINED: u8 = 4;

const HEADER: usize = 4;
const ENTRY: usize = 12;
/// The header, as many codes as a byte can count (and one to align), and a function entry.
const LONGEST: usize = HEADER + 2 * 256 + ENTRY;

/// A record of unwind information (`UNWIND_INFO`).
#[derive(Clone)]
pub struct UnwindInfo {
    bytes: [u8; LONGEST],
    length: usize,
}

impl UnwindInfo {
    /// Reads the record at `unwind_data` from `base`.
    pub fn read(
        memory: &impl Memory,
        base: VirtAddr,
        unwind_data: u32,
    ) -> Result<UnwindInfo, UnwindError> {
        let at = base.at_rva(Rva(unwind_data));
        let mut info = UnwindInfo { bytes: [0; LONGEST], length: 0 };
        info.length = memory.read(at, &mut info.bytes);
        if info.length < HEADER || info.length < HEADER + 2 * info.code_slots() {
            return Err(UnwindError::MissingUnwindData(at));
        }
        match info.version() {
            1 | 2 => Ok(info),
            other => Err(UnwindError::UnknownVersion(other)),
        }
    }

    /// The version: 1 or 2.
    pub fn version(&self) -> u8 {
        self.bytes[0] & 7
    }

    fn flags(&self) -> u8 {
        self.bytes[0] >> 3
    }

    /// Bytes of code that the prologue takes.
    pub fn prologue_size(&self) -> u32 {
        self.bytes[1].into()
    }

    fn code_slots(&self) -> usize {
        self.bytes[2].into()
    }

    /// The register that frames are addressed by, and its distance from the bottom of the fixed frame.
    pub fn frame_register(&self) -> Option<(u8, u32)> {
        let (register, scaled) = (self.bytes[3] & 0xf, self.bytes[3] >> 4);
        (register != 0).then_some((register, u32::from(scaled) * 16))
    }

    /// Whether the function has an exception or termination handler.
    pub fn has_handler(&self) -> bool {
        self.flags() & (EXCEPTION_HANDLER | TERMINATION_HANDLER) != 0
    }

    /// Bytes of the record up to what belongs to the language: the codes, and the address of a handler
    /// or the entry that the record is chained to. The runtime keeps the GC info of precompiled
    /// methods right behind.
    pub fn size(&self) -> u32 {
        let tail = if self.has_handler() {
            4
        } else if self.flags() & CHAINED != 0 {
            ENTRY as u32
        } else {
            0
        };
        self.tail_offset() as u32 + tail
    }

    fn tail_offset(&self) -> usize {
        HEADER + 2 * self.code_slots().next_multiple_of(2)
    }

    /// The entry of the function whose record continues this one.
    pub fn chained(&self) -> Result<Option<FunctionEntry>, UnwindError> {
        if self.flags() & CHAINED == 0 {
            return Ok(None);
        }
        self.bytes[..self.length]
            .get(self.tail_offset()..)
            .and_then(|tail| tail.first_chunk())
            .map(|bytes| Some(parse_entry(bytes)))
            .ok_or(UnwindError::TruncatedCodes)
    }

    pub(super) fn codes(&self) -> Codes<'_> {
        let end = HEADER + 2 * self.code_slots();
        Codes::new(self.bytes.get(HEADER..end).unwrap_or_default(), self.version())
    }
}

impl std::fmt::Debug for UnwindInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnwindInfo")
            .field("version", &self.version())
            .field("flags", &self.flags())
            .field("prologue_size", &self.prologue_size())
            .field("frame_register", &self.frame_register())
            .field("codes", &self.codes().collect::<Vec<_>>())
            .finish()
    }
}

/// Reads a `RUNTIME_FUNCTION`.
pub(super) fn parse_entry(bytes: &[u8; ENTRY]) -> FunctionEntry {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *bytes;
    FunctionEntry {
        begin: Rva(u32::from_le_bytes([a, b, c, d])),
        end: Rva(u32::from_le_bytes([e, f, g, h])),
        unwind_data: u32::from_le_bytes([i, j, k, l]),
    }
}
