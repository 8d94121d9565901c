use clrscope_memory::{AddressSpace, Range, Registers, Rva, Target, VirtAddr};
use proptest::prelude::*;

use super::*;

const BASE: u64 = 0x1000;
const STACK: u64 = 0x9000;

/// An image of 0x400 bytes with unwind data at 0x100, chained data at 0x180, code at 0x200, and a
/// stack whose word at `8 * n` holds `0xa000 + n`.
struct Bench {
    bytes: Vec<u8>,
}

impl Bench {
    fn new(info: &[u8]) -> Bench {
        let mut bytes = vec![0; 0x400];
        bytes[0x100..0x100 + info.len()].copy_from_slice(info);
        for n in 0..0x40u64 {
            bytes.extend((0xa000 + n).to_le_bytes());
        }
        Bench { bytes }
    }

    fn at(mut self, offset: usize, bytes: &[u8]) -> Bench {
        self.bytes[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    /// `code` says whether the capture holds the code.
    fn space(&self, code: bool) -> AddressSpace<'_> {
        let image = if code { 0x400 } else { 0x200 };
        let ranges = [
            Range::new(VirtAddr(BASE), image, 0),
            Range::new(VirtAddr(STACK), self.bytes.len() as u64 - 0x400, 0x400),
        ];
        AddressSpace::from_ranges(&self.bytes, &ranges, Target::X64_WINDOWS).value
    }

    fn unwind(&self, offset: u64, code: bool) -> Result<Unwound, UnwindError> {
        unwind(&self.space(code), VirtAddr(BASE), ENTRY, &registers(0x1200 + offset))
    }
}

const ENTRY: FunctionEntry =
    FunctionEntry { begin: Rva(0x200), end: Rva(0x240), unwind_data: 0x100 };

fn registers(ip: u64) -> RegisterFile {
    let mut general = [0; 16];
    general[usize::from(RSP)] = STACK;
    general[usize::from(RBP)] = STACK + 0x40;
    RegisterFile::from_context(&Registers::X64 { general, ip })
}

/// push rbp; push rbx; sub rsp, 20h; mov [rsp+30h+...]: no frame register.
#[rustfmt::skip]
const PLAIN: [u8; 12] = [
    0x01,       // version 1, no flags
    0x06,       // prologue of 6 bytes
    0x03,       // 3 codes
    0x00,       // no frame register
    0x06, 0x32, // offset 6: allocate 3*8+8 = 20h
    0x02, 0x30, // offset 2: push rbx
    0x01, 0x50, // offset 1: push rbp
    0x00, 0x00, // to an even number of codes
];

#[test]
fn a_body_undoes_the_whole_prologue() {
    let caller = Bench::new(&PLAIN).unwind(0x10, false).unwrap().registers;
    assert_eq!(caller.value(3), Some(0xa004));
    assert_eq!(
        caller.get(RBP).map(|r| r.origin),
        Some(RegisterOrigin::Saved(VirtAddr(STACK + 0x28)))
    );
    assert_eq!(caller.ip(), VirtAddr(0xa006));
    assert_eq!(caller.sp(), VirtAddr(STACK + 0x38));
}

#[test]
fn a_prologue_is_undone_as_far_as_it_went() {
    let bench = Bench::new(&PLAIN);
    // Behind push rbp only.
    let caller = bench.unwind(1, false).unwrap().registers;
    assert_eq!((caller.value(RBP), caller.ip()), (Some(0xa000), VirtAddr(0xa001)));
    // Before anything.
    assert_eq!(bench.unwind(0, false).unwrap().registers.ip(), VirtAddr(0xa000));
}

#[test]
fn frame_registers_and_saves_are_relative_to_the_fixed_frame() {
    #[rustfmt::skip]
    let info = [
        0x01, 0x10, 0x05, 0x25, // frame register rbp, 2*16 above the fixed frame
        0x10, 0x64, 0x03, 0x00, // save rsi at 3*8
        0x0c, 0x03,             // set the frame register
        0x08, 0x72,             // allocate 7*8+8 = 40h
        0x01, 0x50,             // push rbp
        0x00, 0x00,
    ];
    // rbp = STACK + 40h, so the frame is at STACK + 20h whatever rsp is.
    let caller = Bench::new(&info).unwind(0x20, false).unwrap().registers;
    assert_eq!(caller.value(6), Some(0xa000 + 7));
    assert_eq!(caller.value(RBP), Some(0xa000 + 12));
    assert_eq!(caller.ip(), VirtAddr(0xa000 + 13));
}

#[test]
fn chains_are_followed_and_do_not_loop() {
    #[rustfmt::skip]
    let chained = [
        0x21, 0x04, 0x01, 0x00, // version 1, chained
        0x04, 0x30, 0x00, 0x00, // push rbx
        0x00, 0x02, 0x00, 0x00, 0x40, 0x02, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, // to 180h
    ];
    let bench = Bench::new(&chained).at(0x180, &PLAIN);
    let caller = bench.unwind(0x10, false).unwrap().registers;
    assert_eq!((caller.value(3), caller.ip()), (Some(0xa005), VirtAddr(0xa007)));

    let mut itself = chained;
    itself[17] = 1;
    itself[16] = 0;
    assert_eq!(Bench::new(&itself).unwind(0x10, false), Err(UnwindError::EndlessChain));
}

#[test]
fn a_machine_frame_interrupts() {
    let bench = Bench::new(&[0x01, 0x00, 0x01, 0x00, 0x00, 0x1a, 0x00, 0x00]);
    let caller = bench.unwind(0x10, false).unwrap();
    // An error code, then rip, cs, flags, rsp.
    assert!(caller.interrupted);
    assert_eq!(caller.registers.ip(), VirtAddr(0xa001));
    assert_eq!(caller.registers.sp(), VirtAddr(0xa004));
}

#[test]
fn an_epilogue_is_recognised_by_its_code() {
    // add rsp, 20h; pop rbx; pop rbp; ret
    let code = [0x48, 0x83, 0xc4, 0x20, 0x5b, 0x5d, 0xc3];
    let bench = Bench::new(&PLAIN).at(0x210, &code);
    for (offset, ip) in [(0x10, 0xa006), (0x14, 0xa002), (0x15, 0xa001), (0x16, 0xa000)] {
        let caller = bench.unwind(offset, true).unwrap();
        assert!(caller.in_epilogue);
        assert_eq!(caller.registers.ip(), VirtAddr(ip), "{offset:#x}");
    }
    // Without the code nobody can tell.
    assert!(!bench.unwind(0x14, false).unwrap().in_epilogue);
}

#[test]
fn a_jump_within_the_function_is_no_epilogue() {
    let bench = Bench::new(&PLAIN).at(0x210, &[0xeb, 0x04]).at(0x220, &[0xe9, 0, 1, 0, 0]);
    assert!(!bench.unwind(0x10, true).unwrap().in_epilogue);
    assert!(bench.unwind(0x20, true).unwrap().in_epilogue);
}

#[test]
fn version_2_lists_its_epilogues() {
    #[rustfmt::skip]
    let info = [
        0x02, 0x06, 0x05, 0x00,
        0x03, 0x16, // epilogues of 3 bytes, one at the end of the function
        0x20, 0x06, // another 20h before the end
        0x06, 0x32, 0x02, 0x30, 0x01, 0x50, 0x00, 0x00,
    ];
    let bench = Bench::new(&info);
    // pop rbx; pop rbp; ret
    for (offset, ip, epilogue) in [
        (0x20, 0xa002, true),
        (0x21, 0xa001, true),
        (0x22, 0xa000, true),
        (0x3d, 0xa002, true),
        (0x10, 0xa006, false),
    ] {
        let caller = bench.unwind(offset, false).unwrap();
        assert_eq!((caller.registers.ip(), caller.in_epilogue), (VirtAddr(ip), epilogue));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let bench = Bench::new(&[7, 0, 0, 0]);
    assert_eq!(bench.unwind(0x10, false), Err(UnwindError::UnknownVersion(7)));
    let missing = FunctionEntry { unwind_data: 0x7000, ..ENTRY };
    let result = unwind(&bench.space(false), VirtAddr(BASE), missing, &registers(0x1210));
    assert_eq!(result, Err(UnwindError::MissingUnwindData(VirtAddr(BASE + 0x7000))));
    let truncated = Bench::new(&[1, 0, 1, 0, 0, 0x01]);
    assert_eq!(truncated.unwind(0x10, false), Err(UnwindError::TruncatedCodes));
}

/// The operations of a record as another reader has them.
fn goblin_operations(bytes: &[u8]) -> Option<Vec<String>> {
    use goblin::pe::exception::{StackFrameOffset, UnwindInfo as Theirs, UnwindOperation as Op};
    let info = Theirs::parse(bytes, 0).ok()?;
    info.unwind_codes()
        .map(|code| {
            Some(match code.ok()?.operation {
                Op::PushNonVolatile(register) => format!("push {register:?}"),
                Op::Alloc(bytes) => format!("alloc {bytes}"),
                Op::SetFPRegister => "frame".to_owned(),
                Op::SaveNonVolatile(register, offset) => {
                    let (StackFrameOffset::RSP(n) | StackFrameOffset::FP(n)) = offset;
                    format!("save {register:?} {n}")
                }
                Op::SaveXMM(..) | Op::SaveXMM128(..) => "vector".to_owned(),
                Op::PushMachineFrame(error) => format!("machine {error}"),
                _ => return None,
            })
        })
        .collect()
}

proptest! {
    #[test]
    fn any_bytes_are_survived(
        info in proptest::collection::vec(any::<u8>(), 0..0xf0),
        offset in 0u64..0x60,
        code in proptest::collection::vec(any::<u8>(), 0..0x40),
    ) {
        let bench = Bench::new(&info).at(0x200, &code);
        let _ = bench.unwind(offset, true);
        let _ = bench.unwind(offset, false);
    }

    #[test]
    fn codes_agree_with_another_decoder(slots in proptest::collection::vec(any::<(u8, u8)>(), 0..12)) {
        let mut bytes = vec![0x01, 0xff, slots.len() as u8, 0x05];
        bytes.extend(slots.iter().flat_map(|&(offset, byte)| [offset, byte]));
        bytes.extend([0; 16]);
        let Some(theirs) = goblin_operations(&bytes) else { return Ok(()) };
        let bench = Bench::new(&bytes);
        let info = UnwindInfo::read(&bench.space(false), VirtAddr(BASE), 0x100).unwrap();
        let ours: Result<Vec<String>, _> = info.codes().map(|code| code.map(|code| match code.operation {
            Operation::Push(register) => format!("push Register({register})"),
            Operation::Allocate(bytes) => format!("alloc {bytes}"),
            Operation::SetFrameRegister => "frame".to_owned(),
            Operation::Save { register, offset } => format!("save Register({register}) {offset}"),
            Operation::SaveVector => "vector".to_owned(),
            Operation::MachineFrame { error_code } => format!("machine {error_code}"),
            Operation::Epilogue { .. } => "epilogue".to_owned(),
        })).collect();
        prop_assert_eq!(ours, Ok(theirs));
    }
}
