//! The record that unwind codes are in, when they do not fit into the function entry.

use clrscope_memory::{Rva, VirtAddr};

use super::codes::{self, Code, Operation};
use crate::unwind::{Memory, UnwindError};

/// Scopes of epilogues and words of code are counted in 16 and 8 bits.
const LONGEST: usize = 8 + 4 * (u16::MAX as usize) + 4 * (u8::MAX as usize);
/// The codes of one prologue or epilogue.
const MAX_OPERATIONS: usize = 4 * u8::MAX as usize;

/// A record of unwind data.
#[derive(Debug)]
pub(super) struct Record {
    /// Bytes of the function.
    length: u32,
    /// Start of each epilogue, and where its codes begin.
    epilogues: Vec<(u32, usize)>,
    codes: Vec<u8>,
    /// A function with one epilogue has it at its end: where its codes begin.
    last_epilogue: Option<usize>,
}

impl Record {
    pub(super) fn read(
        memory: &impl Memory,
        base: VirtAddr,
        unwind_data: u32,
    ) -> Result<Record, UnwindError> {
        let at = base.at_rva(Rva(unwind_data));
        let missing = UnwindError::MissingUnwindData(at);
        let first = u32::from_le_bytes(memory.array(at).ok_or(missing)?);
        let version = (first >> 18 & 3) as u8;
        if version != 0 {
            return Err(UnwindError::UnknownVersion(version));
        }
        let one_epilogue = first & 1 << 21 != 0;
        let (mut scopes, mut words) = (first >> 22 & 0x1f, first >> 27);
        let mut position = 4;
        if scopes == 0 && words == 0 {
            let at = at.wrapping_add(4);
            let second = u32::from_le_bytes(memory.array(at).ok_or(missing)?);
            (scopes, words) = (second & 0xffff, second >> 16 & 0xff);
            position = 8;
        }
        let last_epilogue = one_epilogue.then_some(scopes as usize);
        let listed = if one_epilogue { 0 } else { scopes as usize };
        let total = (position + 4 * listed + 4 * words as usize).min(LONGEST);
        let mut bytes = vec![0; total];
        if memory.read(at, &mut bytes) < total {
            return Err(missing);
        }
        let (head, codes) = bytes.split_at(position + 4 * listed);
        let epilogues = head[position..]
            .chunks_exact(4)
            .map(|scope| {
                let scope = u32::from_le_bytes([scope[0], scope[1], scope[2], scope[3]]);
                ((scope & 0x3_ffff) * 4, (scope >> 22) as usize)
            })
            .collect();
        let length = (first & 0x3_ffff) * 4;
        Ok(Record { length, epilogues, codes: codes.to_vec(), last_epilogue })
    }

    /// Where in the codes to begin for a function that is `offset` bytes behind its begin, how many
    /// operations to skip from there, and whether it is in an epilogue.
    pub(super) fn position(&self, offset: u32) -> Result<(usize, usize, bool), UnwindError> {
        let instructions = offset / 4;
        let prologue = self.own_operations(0)?;
        if (instructions as usize) < prologue {
            return Ok((0, prologue - instructions as usize, false));
        }
        for &(start, codes) in &self.epilogues {
            if let Some(done) = offset.checked_sub(start)
                && (done / 4) as usize <= self.own_operations(codes)?
            {
                return Ok((codes, (done / 4) as usize, true));
            }
        }
        if let Some(codes) = self.last_epilogue {
            // The operations and the return.
            let size = 4 * (self.own_operations(codes)? as u32 + 1);
            if let Some(done) = offset.checked_sub(self.length.saturating_sub(size)) {
                return Ok((codes, (done / 4) as usize, true));
            }
        }
        Ok((0, 0, false))
    }

    /// The operations from a place in the codes to the end of their sequence, and of those the number
    /// that are instructions of the function itself: the others belong to the function that this
    /// fragment was split off, and were executed before.
    fn sequence(&self, start: usize) -> Result<(Vec<Operation>, usize), UnwindError> {
        let mut rest = self.codes.get(start..).ok_or(UnwindError::TruncatedCodes)?;
        let mut operations = Vec::new();
        let mut own = None;
        while operations.len() < MAX_OPERATIONS {
            let length = match codes::decode(rest)? {
                Code::End => break,
                Code::EndOfFragment => {
                    own.get_or_insert(operations.len());
                    1
                }
                Code::Operation(operation, length) => {
                    operations.push(operation);
                    length
                }
            };
            rest = rest.get(length..).ok_or(UnwindError::TruncatedCodes)?;
        }
        let own = own.unwrap_or(operations.len());
        Ok((operations, own))
    }

    /// The operations from a place in the codes to the end of their sequence.
    pub(super) fn operations(&self, start: usize) -> Result<Vec<Operation>, UnwindError> {
        self.sequence(start).map(|(operations, _)| operations)
    }

    fn own_operations(&self, start: usize) -> Result<usize, UnwindError> {
        self.sequence(start).map(|(_, own)| own)
    }
}
