//! What the GC info says of a method as a whole.

use std::ops::Range;

use super::GcInfoError;
use super::bits::Bits;

const HAS_SECURITY_OBJECT: u32 = 0x2;
const HAS_GS_COOKIE: u32 = 0x4;
const HAS_PSP_SYM: u32 = 0x8;
const GENERIC_CONTEXT_SHIFT: u32 = 4;
const HAS_STACK_BASE_REGISTER: u32 = 0x40;
const WANTS_REPORT_ONLY_LEAF: u32 = 0x80;
const HAS_EDIT_AND_CONTINUE: u32 = 0x100;
const HAS_REVERSE_PINVOKE_FRAME: u32 = 0x200;

/// x64 encodes rbp as zero.
const RBP: u8 = 5;

/// What a generic method's hidden argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GenericContextKind {
    /// The method table of its exact type.
    MethodTable,
    /// Its exact method desc.
    MethodDesc,
    /// `this`, whose method table says it.
    This,
}

/// Where a method with shared code keeps what tells its instantiation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GenericContext {
    /// What is kept.
    pub kind: GenericContextKind,
    /// Where: from the caller's stack pointer.
    pub offset: i32,
}

/// What the GC info says of a method as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcInfoHeader {
    /// Bytes of its code, its funclets included.
    pub code_length: u32,
    /// Where the method keeps what tells its instantiation.
    pub generic_context: Option<GenericContext>,
    /// The register that stack slots can be relative to.
    pub stack_base_register: Option<u8>,
    /// Whether the parent of a funclet is not to be reported beside it.
    pub wants_report_only_leaf: bool,
    /// Whether the method is called from native code, and where it keeps that frame's record: from the
    /// caller's stack pointer.
    pub reverse_pinvoke_frame: Option<i32>,
    /// Bytes above the stack pointer that calls pass arguments in; they are dead in a caller.
    pub scratch_area: u32,
}

/// Sizes of the tables that follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub(super) safe_points: u32,
    pub(super) ranges: u32,
}

pub(super) fn read(
    bits: &mut Bits<'_>,
    version: u32,
) -> Result<(GcInfoHeader, Counts), GcInfoError> {
    // A slim header leaves out everything that simple methods do not have.
    let slim = !bits.flag()?;
    let flags = match (slim, version) {
        (true, _) => u32::from(bits.flag()?) * HAS_STACK_BASE_REGISTER,
        (false, 1) => bits.read(9)?,
        (false, _) => bits.read(10)?,
    };
    let has = |flag: u32| flags & flag != 0;
    let has_security_object = has(HAS_SECURITY_OBJECT) && version < 4;
    // Versions 2 and 3 tell whether the method returns a reference.
    if matches!(version, 2 | 3) {
        bits.skip(if slim { 2 } else { 4 })?;
    }
    let code_length = bits.unsigned(8)?;
    let generic_context = match flags >> GENERIC_CONTEXT_SHIFT & 3 {
        0 => None,
        1 => Some(GenericContextKind::MethodTable),
        2 => Some(GenericContextKind::MethodDesc),
        _ => Some(GenericContextKind::This),
    };
    if has(HAS_GS_COOKIE) {
        // Sizes of prologue and epilogue.
        bits.unsigned(5)?;
        bits.unsigned(3)?;
    } else if has_security_object || generic_context.is_some() {
        bits.unsigned(5)?;
    }
    // Slots that hold no reference that a collector cares for.
    let others = [has_security_object, has(HAS_GS_COOKIE), has(HAS_PSP_SYM) && version < 4];
    for _ in others.into_iter().filter(|&present| present) {
        bits.signed(6)?;
    }
    let generic_context = match generic_context {
        Some(kind) => Some(GenericContext { kind, offset: bits.signed(6)?.wrapping_mul(8) }),
        None => None,
    };
    let stack_base_register = match (has(HAS_STACK_BASE_REGISTER), slim) {
        (false, _) => None,
        (true, true) => Some(RBP),
        (true, false) => Some(bits.unsigned(3)? as u8 ^ RBP),
    };
    if has(HAS_EDIT_AND_CONTINUE) {
        bits.unsigned(4)?;
    }
    let reverse_pinvoke_frame = match has(HAS_REVERSE_PINVOKE_FRAME) {
        true => Some(bits.signed(6)?.wrapping_mul(8)),
        false => None,
    };
    let scratch_area = if slim { 0 } else { bits.unsigned(3)?.wrapping_mul(8) };
    let safe_points = bits.unsigned(2)?;
    let ranges = if slim { 0 } else { bits.unsigned(1)? };
    let header = GcInfoHeader {
        code_length,
        generic_context,
        stack_base_register,
        wants_report_only_leaf: slim || has(WANTS_REPORT_ONLY_LEAF),
        reverse_pinvoke_frame,
        scratch_area,
    };
    Ok((header, Counts { safe_points, ranges }))
}

/// Reads ranges, each relative to the end of the one before.
pub(super) fn read_ranges(bits: &mut Bits<'_>, count: u32) -> Result<Vec<Range<u32>>, GcInfoError> {
    bits.require(u64::from(count) * 14)?;
    let mut end = 0u32;
    let mut ranges = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let start = end.saturating_add(bits.unsigned(6)?);
        end = start.saturating_add(bits.unsigned(6)?).saturating_add(1);
        ranges.push(start..end);
    }
    Ok(ranges)
}
