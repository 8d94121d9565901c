use clrscope_memory::{AddressSpace, Range, Registers, Rva, Target, VirtAddr};
use proptest::prelude::*;

use super::*;

const BASE: u64 = 0x1000;
const STACK: u64 = 0x9000;

/// Unwind data at 0x100 of an image and a stack whose word at `8 * n` holds `0xa000 + n`.
fn bench(record: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 0x400];
    bytes[0x100..0x100 + record.len()].copy_from_slice(record);
    for n in 0..0x80u64 {
        bytes.extend((0xa000 + n).to_le_bytes());
    }
    bytes
}

fn run(bytes: &[u8], unwind_data: u32, offset: u64) -> Result<Unwound, UnwindError> {
    let ranges = [
        Range::new(VirtAddr(BASE), 0x400, 0),
        Range::new(VirtAddr(STACK), bytes.len() as u64 - 0x400, 0x400),
    ];
    let space = AddressSpace::from_ranges(bytes, &ranges, Target::X64_WINDOWS).value;
    let entry = FunctionEntry { begin: Rva(0x200), end: Rva(0), unwind_data };
    let mut general = [0; 31];
    general[29] = STACK + 0x20;
    general[30] = 0x7777;
    let registers = Registers::Arm64 { general, sp: STACK, pc: BASE + 0x200 + offset };
    unwind(&space, VirtAddr(BASE), entry, &RegisterFile::from_context(&registers), false)
}

/// 40h bytes of code; stp x29,lr,[sp,#-20h]!; stp x19,x20,[sp,#10h]; mov x29,sp.
#[rustfmt::skip]
const RECORD: [u8; 12] = [
    0x10, 0x00, 0x20, 0x10, // 10h instructions, one epilogue at the end, its codes at 0, 2 words
    0xe1,                   // set_fp
    0xc8, 0x02,             // save_regp x19, 2*8
    0x83,                   // save_fplr_x, (3+1)*8
    0xe4, 0xe3, 0xe3, 0xe3, // end, padding
];

#[test]
fn a_record_is_undone() {
    let bytes = bench(&RECORD);
    let caller = run(&bytes, 0x100, 0x14).unwrap().registers;
    // set_fp takes the frame pointer for the stack pointer: STACK + 20h.
    assert_eq!(caller.value(19), Some(0xa000 + 6));
    assert_eq!(caller.value(20), Some(0xa000 + 7));
    assert_eq!(caller.value(29), Some(0xa000 + 4));
    assert_eq!(caller.ip(), VirtAddr(0xa000 + 5));
    assert_eq!(caller.sp(), VirtAddr(STACK + 0x40));
}

#[test]
fn a_prologue_is_undone_as_far_as_it_went() {
    let bytes = bench(&RECORD);
    let caller = run(&bytes, 0x100, 0).unwrap().registers;
    assert_eq!((caller.ip(), caller.sp()), (VirtAddr(0x7777), VirtAddr(STACK)));
    let caller = run(&bytes, 0x100, 4).unwrap().registers;
    assert_eq!((caller.ip(), caller.sp()), (VirtAddr(0xa001), VirtAddr(STACK + 0x20)));
}

#[test]
fn an_epilogue_at_the_end_is_known() {
    let bytes = bench(&RECORD);
    // Three operations and the return: the epilogue begins at instruction 12.
    let at_return = run(&bytes, 0x100, 0x3c).unwrap();
    assert!(at_return.in_epilogue);
    assert_eq!(at_return.registers.ip(), VirtAddr(0x7777));
    assert!(!run(&bytes, 0x100, 0x2c).unwrap().in_epilogue);
}

#[test]
fn packed_data_describe_the_canonical_prologue() {
    // Flag 1, 10h instructions, RegI 2, CR 3 (x29 and lr saved), a frame of 3*16 bytes:
    // stp x19,x20,[sp,#-16]!; stp x29,lr,[sp,#-32]!; mov x29,sp
    let word = 1 | 0x10 << 2 | 2 << 16 | 3 << 21 | 3 << 23;
    let caller = run(&bench(&[]), word, 0x20).unwrap().registers;
    assert_eq!(caller.value(29), Some(0xa000 + 4));
    assert_eq!(caller.ip(), VirtAddr(0xa000 + 5));
    assert_eq!(caller.value(19), Some(0xa000 + 8));
    assert_eq!(caller.sp(), VirtAddr(STACK + 0x20 + 0x30));
}

#[test]
fn packed_data_without_a_chain_save_lr_beside_the_integers() {
    // RegI 1, CR 1: stp x19,lr,[sp,#-16]!; sub sp,sp,#16
    let word = 1 | 0x10 << 2 | 1 << 16 | 1 << 21 | 2 << 23;
    let caller = run(&bench(&[]), word, 0x20).unwrap().registers;
    assert_eq!(caller.value(19), Some(0xa000 + 2));
    assert_eq!(caller.ip(), VirtAddr(0xa000 + 3));
    assert_eq!(caller.sp(), VirtAddr(STACK + 0x20));
}

proptest! {
    #[test]
    fn any_record_is_survived(
        record in proptest::collection::vec(any::<u8>(), 4..0x80),
        packed in any::<u32>(),
        offset in 0u64..0x2000,
    ) {
        let mut record = record;
        record[2] &= !0x0c; // version 0
        let bytes = bench(&record);
        let _ = run(&bytes, 0x100, offset);
        let _ = run(&bytes, packed | 1, offset);
    }
}
