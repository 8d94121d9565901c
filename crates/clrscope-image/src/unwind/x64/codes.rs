//! The operations of a prologue, last first, as 16-bit slots.

use crate::unwind::UnwindError;

/// One operation of a prologue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code {
    /// How far behind the function's begin the operation's instruction ends.
    pub(super) offset: u8,
    pub(super) operation: Operation,
}

/// What an instruction of a prologue did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Push(u8),
    Allocate(u32),
    SetFrameRegister,
    Save {
        register: u8,
        /// From the frame's base.
        offset: u32,
    },
    SaveVector,
    MachineFrame {
        error_code: bool,
    },
    /// Version 2: where an epilogue is. The first gives the size of all, and whether one is at the
    /// function's end; the others give the distance of an epilogue from the function's end.
    Epilogue {
        low: u8,
        high: u8,
    },
}

/// The operations of one record in the order in which they are undone.
#[derive(Debug, Clone)]
pub(super) struct Codes<'a> {
    slots: &'a [u8],
    version: u8,
}

impl<'a> Codes<'a> {
    pub(super) fn new(slots: &'a [u8], version: u8) -> Codes<'a> {
        Codes { slots, version }
    }

    fn slot(&mut self) -> Option<[u8; 2]> {
        let (slot, rest) = self.slots.split_first_chunk::<2>()?;
        self.slots = rest;
        Some(*slot)
    }

    fn decode(&mut self, [offset, byte]: [u8; 2]) -> Result<Code, UnwindError> {
        let (kind, argument) = (byte & 0xf, byte >> 4);
        let operation = match kind {
            0 => Operation::Push(argument),
            1 => Operation::Allocate(match argument {
                0 => self.short()?.wrapping_mul(8),
                1 => self.long()?,
                _ => return Err(UnwindError::UnknownOperation(byte)),
            }),
            2 => Operation::Allocate(u32::from(argument) * 8 + 8),
            3 => Operation::SetFrameRegister,
            4 => Operation::Save { register: argument, offset: self.short()?.wrapping_mul(8) },
            5 => Operation::Save { register: argument, offset: self.long()? },
            6 if self.version >= 2 => Operation::Epilogue { low: offset, high: argument },
            // Version 1 had operations 6 and 7 in early compilers: saves of the low halves of vector
            // registers, near and far.
            6 | 8 => self.short().map(|_| Operation::SaveVector)?,
            7 | 9 => self.long().map(|_| Operation::SaveVector)?,
            10 => Operation::MachineFrame { error_code: argument != 0 },
            _ => return Err(UnwindError::UnknownOperation(byte)),
        };
        Ok(Code { offset, operation })
    }

    fn short(&mut self) -> Result<u32, UnwindError> {
        self.slot().map(|slot| u16::from_le_bytes(slot).into()).ok_or(UnwindError::TruncatedCodes)
    }

    fn long(&mut self) -> Result<u32, UnwindError> {
        let low = self.short()?;
        Ok(self.short()? << 16 | low)
    }
}

impl Iterator for Codes<'_> {
    type Item = Result<Code, UnwindError>;

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slot()?;
        let code = self.decode(slot);
        if code.is_err() {
            self.slots = &[];
        }
        Some(code)
    }
}
