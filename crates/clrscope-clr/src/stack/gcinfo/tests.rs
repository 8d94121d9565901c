use proptest::prelude::*;

use super::*;

/// Writes what [`Bits`] reads.
#[derive(Default)]
struct Writer {
    bits: Vec<bool>,
}

impl Writer {
    fn bits(mut self, value: u32, count: u32) -> Writer {
        self.bits.extend((0..count).map(|bit| value >> bit & 1 == 1));
        self
    }

    fn unsigned(mut self, mut value: u32, base: u32) -> Writer {
        loop {
            let (group, rest) = (value & ((1 << base) - 1), value >> base);
            self = self.bits(group, base).bits(u32::from(rest != 0), 1);
            if rest == 0 {
                return self;
            }
            value = rest;
        }
    }

    fn signed(mut self, mut value: i32, base: u32) -> Writer {
        loop {
            let (group, rest) = (value as u32 & ((1 << base) - 1), value >> base);
            let sign = group >> (base - 1) == 1;
            let last = rest == if sign { -1 } else { 0 };
            self = self.bits(group, base).bits(u32::from(!last), 1);
            if last {
                return self;
            }
            value = rest;
        }
    }

    fn align(mut self) -> Writer {
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let byte = |bits: &[bool]| bits.iter().rev().fold(0, |sum, &bit| sum << 1 | u8::from(bit));
        self.bits.chunks(8).map(byte).collect()
    }
}

/// A slim header with two safe points, and rbx, [sp+28h] pinned, [caller sp-10h] and untracked
/// [rbp-8].
fn partially_interruptible(version: u32) -> Vec<u8> {
    let mut info = Writer::default().bits(0, 1).bits(1, 1);
    if matches!(version, 2 | 3) {
        info = info.bits(0, 2);
    }
    info.unsigned(0x40, 8) // code length: offsets take 6 bits
        .unsigned(2, 2) // safe points
        .bits(0x10, 6)
        .bits(0x20, 6)
        .bits(1, 1) // there are registers
        .unsigned(1, 2)
        .bits(1, 1) // there are stack slots
        .unsigned(2, 2)
        .unsigned(1, 1)
        .unsigned(3, 3) // rbx
        .bits(0, 2)
        .bits(1, 2) // from sp, 28h, pinned
        .signed(5, 6)
        .bits(2, 2)
        .bits(0, 2) // from the caller's sp, -10h
        .signed(-2, 6)
        .bits(0, 2)
        .bits(2, 2) // untracked: from rbp, -8
        .signed(-1, 6)
        .bits(1, 2) // an interior pointer
        .bits(0, 1) // live states are in place
        .bits(0b001, 3)
        .bits(0b110, 3)
        .bytes()
}

fn parse(bytes: Vec<u8>, version: u32) -> GcInfo<'static> {
    GcInfo::parse(Cow::Owned(bytes), version).unwrap()
}

#[test]
fn safe_points_say_what_is_live() {
    for version in [2, 3, 4] {
        let info = parse(partially_interruptible(version), version);
        assert_eq!(info.code_length(), 0x40);
        assert_eq!(info.header().stack_base_register, Some(5));
        assert_eq!(info.safe_points(), [0x10, 0x20]);
        let [rbx, pinned, argument, local] = *info.slots() else { panic!("four slots") };
        assert_eq!(rbx.place, SlotPlace::Register(3));
        assert_eq!(pinned.place, SlotPlace::Stack { base: SlotBase::Sp, offset: 0x28 });
        assert_eq!(argument.place, SlotPlace::Stack { base: SlotBase::CallerSp, offset: -0x10 });
        assert_eq!(local.place, SlotPlace::Stack { base: SlotBase::FrameRegister, offset: -8 });
        assert!(pinned.pinned && local.interior && local.untracked && !rbx.untracked);

        // Up to version 3 a safe point is one less than the offset that the call returns to.
        let returns = if version < 4 { [0x11, 0x21] } else { [0x10, 0x20] };
        let live = |offset| info.live_slots(offset, Execution::Calling).unwrap();
        assert_eq!(live(returns[0]).slots, [rbx, local]);
        assert_eq!(live(returns[1]).slots, [pinned, argument, local]);
        // A call without a safe point has nothing tracked; of other places nothing is known.
        assert_eq!(live(0x30), LiveSlots { slots: vec![local], complete: true });
        assert!(!info.live_slots(0x30, Execution::Stopped).unwrap().complete);
    }
}

#[test]
fn code_that_will_not_go_on_keeps_only_what_is_untracked() {
    let info = parse(partially_interruptible(4), 4);
    let live = info.live_slots(0x10, Execution::Aborted).unwrap();
    assert_eq!(live.slots, info.slots()[3..]);
    assert!(live.complete);
}

/// A fat header with one interruptible range 8..48h and registers rax, rbx: rax is live from 10h to 20h
/// of the range, rbx from 18h on.
fn fully_interruptible() -> Vec<u8> {
    Writer::default()
        .bits(1, 1)
        .bits(0, 10)
        .unsigned(0x50, 8)
        .unsigned(4, 3) // 20h bytes of outgoing arguments
        .unsigned(0, 2)
        .unsigned(1, 1)
        .unsigned(8, 6)
        .unsigned(0x3f, 6)
        .bits(1, 1)
        .unsigned(2, 2)
        .bits(0, 1)
        .unsigned(0, 3) // rax
        .bits(0, 2)
        .unsigned(2, 2) // rax + 2 + 1 = rbx
        .unsigned(4, 3) // pointers of 4 bits
        .bits(1, 4) // the only chunk begins at bit 0
        .align()
        .bits(0, 1) // one bit for each slot that could be live
        .bits(0b11, 2)
        .bits(0b10, 2) // at the end rbx is live
        .bits(1, 1) // rax changes at 20h
        .bits(0x20, 6)
        .bits(1, 1) // and at 10h
        .bits(0x10, 6)
        .bits(0, 1)
        .bits(1, 1) // rbx changes at 18h
        .bits(0x18, 6)
        .bits(0, 1)
        .bytes()
}

#[test]
fn interruptible_code_says_what_is_live_at_every_instruction() {
    let info = parse(fully_interruptible(), 4);
    assert_eq!(info.interruptible_ranges().first(), Some(&(8..0x48)));
    assert_eq!(info.header().scratch_area, 0x20);
    let registers = |offset, execution| -> Vec<SlotPlace> {
        let live = info.live_slots(offset, execution).unwrap();
        live.slots.iter().map(|slot| slot.place).collect()
    };
    let (rax, rbx) = (SlotPlace::Register(0), SlotPlace::Register(3));
    assert_eq!(registers(0x10, Execution::Stopped), []);
    assert_eq!(registers(0x18, Execution::Stopped), [rax]);
    assert_eq!(registers(0x20, Execution::Stopped), [rax, rbx]);
    assert_eq!(registers(0x28, Execution::Stopped), [rbx]);
    // A call leaves nothing in rax; and it is inside the call that counts.
    assert_eq!(registers(0x21, Execution::Calling), [rbx]);
    assert_eq!(registers(0x20, Execution::Calling), []);
    assert!(!info.live_slots(4, Execution::Stopped).unwrap().complete);
}

#[test]
fn counts_are_checked_before_anything_is_allocated() {
    // 2^30 safe points.
    let info = Writer::default().bits(0, 2).unsigned(0xffff, 8).unsigned(1 << 30, 2).bytes();
    assert!(matches!(GcInfo::parse(Cow::Owned(info), 4), Err(GcInfoError::Truncated(_))));
    assert_eq!(
        GcInfo::parse(Cow::Borrowed(&[0; 16]), 5).err(),
        Some(GcInfoError::UnknownVersion(5))
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        bytes in proptest::collection::vec(any::<u8>(), 1..200),
        version in 1u32..=4,
        offset in any::<u16>(),
    ) {
        if let Ok(info) = GcInfo::parse(Cow::Owned(bytes), version) {
            for execution in [Execution::Stopped, Execution::Calling, Execution::Aborted] {
                for offset in [u32::from(offset), u32::from(offset) % info.code_length().max(1)] {
                    let _ = info.live_slots(offset, execution);
                }
            }
        }
    }

    #[test]
    fn numbers_come_back(unsigned in any::<u32>(), signed in any::<i32>(), base in 1u32..9) {
        let (unsigned, signed) = (unsigned >> 2, signed >> 2);
        let bytes = Writer::default().unsigned(unsigned, base).signed(signed, base + 1).bytes();
        let mut bits = Bits::new(&bytes);
        prop_assert_eq!(bits.unsigned(base), Ok(unsigned));
        prop_assert_eq!(bits.signed(base + 1), Ok(signed));
    }
}

#[test]
fn places_that_take_no_bits_are_bounded_too() {
    // A slim header: code of one byte, in which a place takes no bits, and two thousand million of them.
    let info = Writer::default().bits(0, 1).bits(0, 1).bits(0, 2);
    let info = info.unsigned(1, 8).unsigned(1 << 31, 2).bits(0, 32);
    let parsed = GcInfo::parse(info.bytes().into(), 2);
    assert!(matches!(parsed, Err(GcInfoError::Truncated(_))), "{parsed:?}");
}
