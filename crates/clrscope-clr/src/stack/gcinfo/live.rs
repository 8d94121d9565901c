//! Which slots hold references at an offset.

use super::bits::Bits;
use super::slots::{Slot, SlotPlace};
use super::{GcInfo, GcInfoError};

/// Offsets of fully interruptible code come in chunks of this many.
const CHUNK: u32 = 64;

/// Registers that a call may change: all but rbx, rbp, rsi, rdi, r12 to r15.
const SCRATCH: u32 = !(1 << 3 | 1 << 5 | 1 << 6 | 1 << 7 | 0xf000);

/// How a frame came to be at an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Execution {
    /// It was stopped there, with all its registers as they were.
    Stopped,
    /// It called, and the offset is where the call returns.
    Calling,
    /// An exception was thrown there, and it will never go on.
    Aborted,
}

/// The slots that hold references at one offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSlots {
    /// The slots.
    pub slots: Vec<Slot>,
    /// Whether those are all: the GC info describes only offsets at which a thread may be stopped.
    pub complete: bool,
}

impl GcInfo<'_> {
    /// The slots that hold references at `offset`, relative to the method's begin.
    pub fn live_slots(&self, offset: u32, execution: Execution) -> Result<LiveSlots, GcInfoError> {
        let mut slots = Vec::new();
        let complete = self.tracked_slots(offset, execution, &mut slots)?;
        if execution != Execution::Stopped {
            slots.retain(|slot| !self.is_scratch(slot));
        }
        slots.extend_from_slice(self.slots.untracked());
        Ok(LiveSlots { slots, complete })
    }

    /// Whether a call may have changed what a slot holds.
    fn is_scratch(&self, slot: &Slot) -> bool {
        match slot.place {
            SlotPlace::Register(number) => {
                SCRATCH.checked_shr(number.into()).is_none_or(|m| m & 1 != 0)
            }
            SlotPlace::Stack { base: super::SlotBase::Sp, offset } => {
                i64::from(offset) < i64::from(self.header.scratch_area)
            }
            SlotPlace::Stack { .. } => false,
        }
    }

    /// Appends the tracked slots that are live; says whether that is known.
    fn tracked_slots(
        &self,
        offset: u32,
        execution: Execution,
        live: &mut Vec<Slot>,
    ) -> Result<bool, GcInfoError> {
        let tracked = self.slots.tracked();
        if tracked.is_empty() {
            return Ok(true);
        }
        let mut bits = Bits::at(&self.bytes, self.states);
        // Live states of safe points can be stored once each, and be pointed at.
        let pointer = match !self.safe_points.is_empty() && bits.flag()? {
            true => Some(bits.unsigned(3)? + 1),
            false => None,
        };
        if execution != Execution::Aborted
            && let Some(index) = self.safe_point(offset, execution)
        {
            self.at_safe_point(bits, index, pointer, live)?;
            return Ok(true);
        }
        // Inside the call instruction, not behind it, where another block may begin.
        let offset =
            if execution == Execution::Calling { offset.saturating_sub(1) } else { offset };
        let Some((pseudo, length)) = self.interruptible_offset(offset) else {
            // What will never go on needs nothing. A call at which nothing tracked is live has no safe
            // point where there are no interruptible ranges.
            let nothing = execution == Execution::Calling && self.interruptible.is_empty();
            return Ok(nothing || execution == Execution::Aborted);
        };
        let per_safe_point = pointer.map_or(tracked.len() as u64, u64::from);
        bits.skip((self.safe_points.len() as u64).saturating_mul(per_safe_point))?;
        if pointer.is_some() {
            // Nothing says where the shared states end; no encoder writes both.
            return Ok(false);
        }
        self.in_range(bits, pseudo, length, live)?;
        Ok(true)
    }

    /// The safe point of an offset. Up to version 3 safe points are one less than where the call
    /// returns. No call is one byte long, so one cannot be taken for another's neighbour.
    fn safe_point(&self, offset: u32, execution: Execution) -> Option<usize> {
        let find = |offset: u32| self.safe_points.iter().position(|&point| point == offset);
        let before = offset.checked_sub(1);
        match (execution, self.version) {
            (Execution::Calling, 4..) => find(offset).or_else(|| find(before?)),
            (Execution::Calling, _) => before.and_then(find).or_else(|| find(offset)),
            (_, 4..) => find(offset),
            // Stopped exactly where a call returned to: all that is not the result is as at the call.
            _ => before.and_then(find),
        }
    }

    fn at_safe_point<'a>(
        &'a self,
        mut bits: Bits<'a>,
        index: usize,
        pointer: Option<u32>,
        live: &mut Vec<Slot>,
    ) -> Result<(), GcInfoError> {
        let tracked = self.slots.tracked();
        if let Some(width) = pointer {
            let table = bits.position();
            bits.skip(index as u64 * u64::from(width))?;
            let state = bits.read(width)?;
            let mut states = Bits::at(&self.bytes, table);
            states.skip(self.safe_points.len() as u64 * u64::from(width))?;
            states.align();
            states.skip(state.into())?;
            if states.flag()? {
                for index in runs(&mut states, tracked.len())? {
                    live.extend(tracked.get(index));
                }
                return Ok(());
            }
            bits = states;
        } else {
            bits.skip(index as u64 * tracked.len() as u64)?;
        }
        for slot in tracked {
            if bits.flag()? {
                live.push(*slot);
            }
        }
        Ok(())
    }

    /// The offset counted over interruptible code only, and how much of that there is.
    fn interruptible_offset(&self, offset: u32) -> Option<(u32, u32)> {
        let mut length = 0u32;
        let mut found = None;
        for range in &self.interruptible {
            if range.contains(&offset) {
                found = Some(length.saturating_add(offset - range.start));
            }
            length = length.saturating_add(range.end - range.start);
        }
        found.map(|pseudo| (pseudo, length))
    }

    fn in_range(
        &self,
        mut bits: Bits<'_>,
        pseudo: u32,
        length: u32,
        live: &mut Vec<Slot>,
    ) -> Result<(), GcInfoError> {
        let tracked = self.slots.tracked();
        let width = bits.unsigned(3)?;
        if width == 0 {
            return Ok(());
        }
        let table = bits.position();
        let wanted = pseudo / CHUNK;
        // A chunk in which nothing changes has no description: the last before it counts.
        let mut found = None;
        for chunk in (0..=wanted).rev() {
            let mut at = Bits::at(&self.bytes, table);
            at.skip(u64::from(chunk) * u64::from(width))?;
            let pointer = at.read(width)?;
            if pointer != 0 {
                found = Some((chunk, pointer - 1));
                break;
            }
        }
        let Some((chunk, start)) = found else { return Ok(()) };
        let mut bits = Bits::at(&self.bytes, table);
        bits.skip(u64::from(length.div_ceil(CHUNK)) * u64::from(width))?;
        bits.align();
        bits.skip(start.into())?;
        let could_be_live = if bits.flag()? {
            runs(&mut bits, tracked.len())?
        } else {
            let mut indexes = Vec::new();
            for index in 0..tracked.len() {
                if bits.flag()? {
                    indexes.push(index);
                }
            }
            indexes
        };
        // The state at the chunk's end of each, then for each the offsets at which it changes.
        let mut final_states = bits.clone();
        bits.skip(could_be_live.len() as u64)?;
        for index in could_be_live {
            let mut is_live = final_states.flag()?;
            if chunk == wanted {
                while bits.flag()? {
                    if bits.read(6)? > pseudo % CHUNK {
                        is_live = !is_live;
                    }
                }
            }
            if is_live {
                live.extend(tracked.get(index));
            }
        }
        Ok(())
    }
}

/// Alternating lengths of stretches of slots that are not, and that are, in a set of `count`.
fn runs(bits: &mut Bits<'_>, count: usize) -> Result<Vec<usize>, GcInfoError> {
    let mut skipping = !bits.flag()?;
    let mut inside = false;
    let mut indexes = Vec::new();
    let mut at = bits.unsigned(if skipping { 4 } else { 2 })? as usize;
    loop {
        skipping = !skipping;
        inside = !inside;
        if at >= count {
            return Ok(indexes);
        }
        let length = bits.unsigned(if skipping { 4 } else { 2 })? as usize + 1;
        let end = at.saturating_add(length).min(count);
        if inside {
            indexes.extend(at..end);
        }
        at = end;
    }
}
