//! The table of places that can hold references.

use super::GcInfoError;
use super::bits::Bits;

/// What a stack slot is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotBase {
    /// The stack pointer that the caller has after the call.
    CallerSp,
    /// The stack pointer.
    Sp,
    /// The method's stack base register.
    FrameRegister,
}

/// A register or a stack slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotPlace {
    /// A register, by the number that x64 encodes it with.
    Register(u8),
    /// A word on the stack.
    Stack {
        /// What it is relative to.
        base: SlotBase,
        /// Bytes from there.
        offset: i32,
    },
}

/// A place that can hold a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Where it is.
    pub place: SlotPlace,
    /// Whether it can point into the middle of an object.
    pub interior: bool,
    /// Whether what it points at must not move.
    pub pinned: bool,
    /// Whether it holds a reference at every offset of the method.
    pub untracked: bool,
}

/// Slots of one method: far more than the JIT tracks or any method has.
const MAX_SLOTS: u64 = 1 << 16;

/// All slots of a method.
#[derive(Debug, Clone)]
pub(super) struct SlotTable {
    slots: Vec<Slot>,
    tracked: usize,
}

impl SlotTable {
    pub(super) fn read(bits: &mut Bits<'_>) -> Result<SlotTable, GcInfoError> {
        let registers = if bits.flag()? { bits.unsigned(2)? } else { 0 };
        let (stack, untracked) =
            if bits.flag()? { (bits.unsigned(2)?, bits.unsigned(1)?) } else { (0, 0) };
        let total = u64::from(registers) + u64::from(stack) + u64::from(untracked);
        // A register takes at least three bits, a stack slot more.
        bits.require(total.saturating_mul(3))?;
        if total > MAX_SLOTS {
            return Err(bits.truncated());
        }
        let mut slots = Vec::with_capacity(total as usize);
        read_registers(bits, registers, &mut slots)?;
        read_stack_slots(bits, stack, false, &mut slots)?;
        let tracked = slots.len();
        read_stack_slots(bits, untracked, true, &mut slots)?;
        Ok(SlotTable { slots, tracked })
    }

    pub(super) fn all(&self) -> &[Slot] {
        &self.slots
    }

    pub(super) fn tracked(&self) -> &[Slot] {
        self.slots.get(..self.tracked).unwrap_or_default()
    }

    pub(super) fn untracked(&self) -> &[Slot] {
        self.slots.get(self.tracked..).unwrap_or_default()
    }
}

fn slot(place: SlotPlace, flags: u32, untracked: bool) -> Slot {
    Slot { place, interior: flags & 1 != 0, pinned: flags & 2 != 0, untracked }
}

/// After a slot without flags the next is only a distance, and has none either.
fn read_registers(
    bits: &mut Bits<'_>,
    count: u32,
    slots: &mut Vec<Slot>,
) -> Result<(), GcInfoError> {
    let (mut register, mut flags) = (0u32, 0);
    for index in 0..count {
        if index == 0 || flags != 0 {
            register = bits.unsigned(3)?;
            flags = bits.read(2)?;
        } else {
            register = register.saturating_add(bits.unsigned(2)?).saturating_add(1);
        }
        let number = u8::try_from(register).unwrap_or(u8::MAX);
        slots.push(slot(SlotPlace::Register(number), flags, false));
    }
    Ok(())
}

fn read_stack_slots(
    bits: &mut Bits<'_>,
    count: u32,
    untracked: bool,
    slots: &mut Vec<Slot>,
) -> Result<(), GcInfoError> {
    let (mut words, mut flags) = (0i32, 0);
    for index in 0..count {
        let base = match bits.read(2)? {
            0 => SlotBase::CallerSp,
            1 => SlotBase::Sp,
            _ => SlotBase::FrameRegister,
        };
        if index == 0 || flags != 0 {
            words = bits.signed(6)?;
            flags = bits.read(2)?;
        } else {
            words = words.wrapping_add_unsigned(bits.unsigned(4)?);
        }
        let offset = words.wrapping_mul(8);
        slots.push(slot(SlotPlace::Stack { base, offset }, flags, untracked));
    }
    Ok(())
}
