//! The stubs that stand before methods until, or even after, these are compiled: their first
//! instructions lead to the record of the method.
//!
//! Up to .NET 6 the record is in the code itself, or is counted from a word behind a group of stubs; from
//! .NET 7 on the code is a template that loads from the page of data behind it. Sources:
//! `src/coreclr/vm/{amd64,i386}/cgencpu.h` and `src/coreclr/vm/precode.h` of dotnet/coreclr, and
//! `src/coreclr/vm/{amd64,i386,arm64}/thunktemplates.{asm,S}` of dotnet/runtime; measured on every
//! runtime of the corpus (arm64 by its source only).

use clrscope_memory::{AddressSpace, Arch, VirtAddr};

/// Bytes of the longest stub.
const LENGTH: usize = 24;
/// Bytes of a fixup stub up to .NET 6.
const FIXUP_SIZE: u64 = 8;

/// The record of the method that the stub at an address leads to, if one is there. Whether it really is
/// one is for the reader of records to say.
pub(super) fn method_desc(space: &AddressSpace<'_>, stub: VirtAddr) -> Option<VirtAddr> {
    let mut buffer = [0; LENGTH];
    let length = space.read_into(stub, &mut buffer);
    let bytes = buffer.get(..length)?;
    let place = match space.target().arch {
        Arch::X64 => x64(space, stub, bytes)?,
        Arch::X86 => x86(space, stub, bytes)?,
        Arch::Arm64 => Place::Cell(arm64(stub, bytes)?),
        _ => return None,
    };
    match place {
        Place::Cell(cell) => space.read_pointer(cell),
        Place::Address(address) => Some(address),
    }
}

/// How a stub names a record.
enum Place {
    /// By the address of a word that holds its own.
    Cell(VirtAddr),
    /// By its own.
    Address(VirtAddr),
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

/// The target of an operand relative to the end of its instruction.
fn relative(stub: VirtAddr, bytes: &[u8], at: usize) -> Option<VirtAddr> {
    let end = stub.wrapping_add(at as u64 + 4);
    Some(VirtAddr(end.0.wrapping_add_signed(i64::from(u32_at(bytes, at)? as i32))))
}

fn x64(space: &AddressSpace<'_>, stub: VirtAddr, bytes: &[u8]) -> Option<Place> {
    match bytes {
        // jmp [target]; mov r10, [record]; jmp [fixup]
        [0xff, 0x25, _, _, _, _, 0x4c, 0x8b, 0x15, ..] => relative(stub, bytes, 9).map(Place::Cell),
        // mov r10, [record]; jmp [target]
        [0x4c, 0x8b, 0x15, _, _, _, _, 0xff, 0x25, ..] => relative(stub, bytes, 3).map(Place::Cell),
        // mov r10, record; nop; jmp target
        [0x49, 0xba, record @ ..] if bytes.get(11) == Some(&0xe9) => {
            Some(Place::Address(VirtAddr(u64::from_le_bytes(*record.first_chunk()?))))
        }
        _ => fixup(space, stub, bytes),
    }
}

fn x86(space: &AddressSpace<'_>, stub: VirtAddr, bytes: &[u8]) -> Option<Place> {
    let cell = |at| u32_at(bytes, at).map(|cell| Place::Cell(VirtAddr(cell.into())));
    match bytes {
        // jmp [target]; mov eax, [record]; jmp [fixup]
        [0xff, 0x25, _, _, _, _, 0xa1, ..] => cell(7),
        // mov eax, [record]; jmp [target]
        [0xa1, _, _, _, _, 0xff, 0x25, ..] => cell(1),
        // mov eax, record; mov reg, reg; jmp target
        [0xb8, _, _, _, _, 0x89, _, 0xe9, ..] => {
            u32_at(bytes, 1).map(|record| Place::Address(VirtAddr(record.into())))
        }
        _ => fixup(space, stub, bytes),
    }
}

/// A call of the fixup helper or a jump to the method, and three bytes: the kind, the place of the
/// record in its chunk in pointer sizes, and how many stubs follow. Behind these is the chunk's first record.
fn fixup(space: &AddressSpace<'_>, stub: VirtAddr, bytes: &[u8]) -> Option<Place> {
    let &[0xe8 | 0xe9, _, _, _, _, 0x5e | 0x5f, in_chunk, following, ..] = bytes else {
        return None;
    };
    let base = stub.wrapping_add((u64::from(following) + 1) * FIXUP_SIZE);
    let first = space.read_pointer(base)?;
    Some(Place::Address(first.wrapping_add(u64::from(in_chunk) * space.target().pointer_bytes())))
}

/// The first `ldr x12, cell` of a stub.
fn arm64(stub: VirtAddr, bytes: &[u8]) -> Option<VirtAddr> {
    const LOAD_X12: u32 = 0x5800_000c;
    const MASK: u32 = 0xff00_001f;
    (0..3).find_map(|index| {
        let instruction = u32_at(bytes, index * 4).filter(|word| word & MASK == LOAD_X12)?;
        // 19 bits with a sign, in words, from the instruction itself.
        let words = ((instruction << 8) as i32) >> 13;
        let at = stub.wrapping_add(index as u64 * 4);
        Some(VirtAddr(at.0.wrapping_add_signed(i64::from(words) * 4)))
    })
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{PointerWidth, Range, Target};

    use super::*;

    /// What the stub at `at` leads to in memory that begins at 0x1000.
    fn resolve(arch: Arch, at: u64, bytes: &[u8]) -> Option<VirtAddr> {
        let pointer = if arch == Arch::X86 { PointerWidth::Four } else { PointerWidth::Eight };
        let target = Target { arch, pointer, ..Target::X64_WINDOWS };
        let range = Range::new(VirtAddr(0x1000), bytes.len() as u64, 0);
        let space = AddressSpace::from_ranges(bytes, &[range], target).value;
        method_desc(&space, VirtAddr(at))
    }

    #[test]
    fn templates_load_the_record_from_the_page_of_data() {
        let mut bytes = vec![0; 0x40];
        // jmp [rip+0x1a]; mov r10, [rip+0x1b]: from 0x100d to 0x1028.
        bytes[..13].copy_from_slice(&[0xff, 0x25, 0x1a, 0, 0, 0, 0x4c, 0x8b, 0x15, 0x1b, 0, 0, 0]);
        bytes[0x28..0x30].copy_from_slice(&0x7777_u64.to_le_bytes());
        assert_eq!(resolve(Arch::X64, 0x1000, &bytes), Some(VirtAddr(0x7777)));
        // mov r10, [rip+0x21]: from 0x1007.
        bytes[..9].copy_from_slice(&[0x4c, 0x8b, 0x15, 0x21, 0, 0, 0, 0xff, 0x25]);
        assert_eq!(resolve(Arch::X64, 0x1000, &bytes), Some(VirtAddr(0x7777)));
        // mov eax, [0x1028]
        bytes[..7].copy_from_slice(&[0xa1, 0x28, 0x10, 0, 0, 0xff, 0x25]);
        assert_eq!(resolve(Arch::X86, 0x1000, &bytes), Some(VirtAddr(0x7777)));
        // ldr x11, +0x10; br x11; ldr x12, +0x20, which counts from 0x1008.
        let code = [0x5800_008b_u32, 0xd61f_0160, 0x5800_010c];
        for (place, word) in code.iter().enumerate() {
            bytes[place * 4..][..4].copy_from_slice(&word.to_le_bytes());
        }
        assert_eq!(resolve(Arch::Arm64, 0x1000, &bytes), Some(VirtAddr(0x7777)));
    }

    #[test]
    fn fixup_stubs_count_from_the_word_behind_their_group() {
        // Two stubs, the first a call, the second a jump, and the chunk's first record.
        let mut bytes = vec![0xe8, 1, 2, 3, 4, 0x5e, 5, 1, 0xe9, 1, 2, 3, 4, 0x5f, 0, 0];
        bytes.extend(0x8000_u64.to_le_bytes());
        assert_eq!(resolve(Arch::X64, 0x1000, &bytes), Some(VirtAddr(0x8000 + 5 * 8)));
        assert_eq!(resolve(Arch::X86, 0x1000, &bytes), Some(VirtAddr(0x8000 + 5 * 4)));
        assert_eq!(resolve(Arch::X64, 0x1008, &bytes), Some(VirtAddr(0x8000)));
        // Without the word nothing is known.
        assert_eq!(resolve(Arch::X64, 0x1008, &bytes[..16]), None);
    }

    #[test]
    fn stubs_with_the_record_in_the_code_are_read() {
        let mut bytes = vec![0x49, 0xba];
        bytes.extend(0x1234_5678_9abc_u64.to_le_bytes());
        bytes.extend([0x40, 0xe9, 0, 0, 0, 0]);
        assert_eq!(resolve(Arch::X64, 0x1000, &bytes), Some(VirtAddr(0x1234_5678_9abc)));
        let bytes = [0xb8, 0x44, 0x33, 0x22, 0x11, 0x89, 0xed, 0xe9, 0, 0, 0, 0];
        assert_eq!(resolve(Arch::X86, 0x1000, &bytes), Some(VirtAddr(0x1122_3344)));
        // push rbp; mov rbp, rsp
        assert_eq!(resolve(Arch::X64, 0x1000, &[0x55, 0x48, 0x89, 0xe5]), None);
        assert_eq!(resolve(Arch::X64, 0x1000, &[]), None);
    }
}
