//! The frames of a thread: the code map says what is managed, unwind codes lead from frame to frame, and
//! where they fail the explicit frames, the chain of frame pointers, or a scan.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use clrscope_image::unwind::{
    self, FoundBy, FunctionEntry, RegisterFile, RegisterOrigin, RegisterValue, Unwound, arm64, x64,
    x86,
};
use clrscope_image::{PeImage, RuntimeFunctions};
use clrscope_memory::{Arch, Registers, Snapshot, VirtAddr, limits};
use rustc_hash::FxHashMap;
use std::sync::Arc;

use super::explicit::{Caller, ExplicitFrame};
use super::frame::{FrameKind, NativeFrame, StackFrame};
use super::gcinfo::Execution;
use crate::code::{CodeAt, CodeMap, MethodCode};

/// What a step down a stack needs of a process; one is made for all threads.
#[derive(Debug)]
pub(super) struct Unwinder<'a, 'data> {
    pub(super) code: &'a CodeMap<'data>,
    images: Mutex<FxHashMap<VirtAddr, Option<Arc<RuntimeFunctions<'data>>>>>,
}

/// Where a walk has got to.
#[derive(Debug, Clone, Copy)]
struct Position {
    registers: RegisterFile,
    found_by: FoundBy,
    /// Whether the instruction pointer is where a call returns to.
    after_call: bool,
}

impl Position {
    /// An address in the instruction that the frame is executing: a call can be the last instruction
    /// of a function.
    fn executing(&self) -> VirtAddr {
        if self.after_call { self.registers.ip().wrapping_sub(1) } else { self.registers.ip() }
    }

    /// Whether the chain of frame pointers has come to its end: a frame that was found by it has none
    /// above.
    fn ends_here(&self) -> bool {
        self.found_by == FoundBy::FramePointer && self.registers.value(x86::EBP) == Some(0)
    }
}

/// How often a walk may go to another stack of its thread: an alternate signal stack and one of a fault
/// there are all that a thread has.
const MAX_SWITCHES: u32 = 8;

/// The range of addresses that a thread's stack lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackBounds {
    /// Lowest address that is captured or committed.
    pub start: VirtAddr,
    /// Where the stack began; it grew down from there.
    pub end: VirtAddr,
}

impl StackBounds {
    /// Whether some of these addresses are in the stack.
    pub fn overlaps(&self, addresses: &Range<VirtAddr>) -> bool {
        self.start < addresses.end && addresses.start < self.end
    }
}

impl<'a, 'data> Unwinder<'a, 'data> {
    pub(super) fn new(code: &'a CodeMap<'data>) -> Unwinder<'a, 'data> {
        Unwinder { code, images: Mutex::new(FxHashMap::default()) }
    }

    fn snapshot(&self) -> &Snapshot<'data> {
        self.code.runtime().snapshot()
    }

    /// All managed and explicit frames from `registers` on, innermost first, and the native ones between
    /// them; `explicit` is the thread's chain of explicit frames.
    pub(super) fn walk(
        &self,
        registers: &Registers,
        bounds: StackBounds,
        explicit: &[ExplicitFrame],
    ) -> (Vec<StackFrame>, Vec<NativeFrame>) {
        let mut frames = Vec::new();
        let mut native = Vec::new();
        let mut pending = explicit;
        let mut position = Position {
            registers: RegisterFile::from_context(registers),
            found_by: FoundBy::Context,
            after_call: false,
        };
        let mut switches = 0;
        for _ in 0..limits::MAX_FRAMES {
            let executing = position.executing();
            let code = self.code.code_at(executing);
            let next = match code {
                Some(CodeAt::Method(method)) => {
                    let offset = position.registers.ip().0.wrapping_sub(method.start.0) as u32;
                    let method = MethodCode { offset, ..method };
                    let next = self.leave_method(&position, &method, bounds);
                    let caller = next.map(|next| next.registers);
                    let caller_sp = caller.map(|registers| registers.sp());
                    pending =
                        pass(pending, &mut frames, caller_sp.unwrap_or(position.registers.sp()));
                    frames.push(managed_frame(&position, method, caller_sp));
                    next
                }
                Some(CodeAt::Stub) => {
                    native.push(native_frame(&position, frames.len(), true));
                    None
                }
                None => {
                    native.push(native_frame(&position, frames.len(), false));
                    self.leave_native(&position, bounds)
                }
            };
            if position.ends_here() {
                break;
            }
            let next = next.filter(|next| self.goes_on(&position, next, bounds));
            let next = self.guided(&position, next, pending, bounds);
            let Some(next) = next.map(|next| self.restore(next, pending)) else { break };
            switches += u32::from(next.registers.sp() <= position.registers.sp());
            if switches > MAX_SWITCHES {
                break;
            }
            position = next;
        }
        pass(pending, &mut frames, VirtAddr(u64::MAX));
        for native in &mut native {
            // Records that a later frame passed can lie below.
            let behind = frames.get(native.before..).unwrap_or_default().iter();
            let below = behind
                .take_while(|frame| frame.method().is_none() && frame.sp < native.registers.sp());
            native.before += below.count();
        }
        (frames, native)
    }

    /// Whether a step led up the stack.
    fn goes_on(&self, from: &Position, to: &Position, bounds: StackBounds) -> bool {
        let (sp, next) = (from.registers.sp(), to.registers.sp());
        // A machine frame can switch to another stack of the same thread; all else goes up.
        let up = next > sp || !to.after_call;
        up && next <= bounds.end && !to.registers.ip().is_null()
    }

    /// Corrects a step by the explicit frames: one that is active says exactly where the managed code
    /// below it goes on, so a walk that would pass that by has lost its way.
    fn guided(
        &self,
        from: &Position,
        next: Option<Position>,
        pending: &[ExplicitFrame],
        bounds: StackBounds,
    ) -> Option<Position> {
        let sp = from.registers.sp();
        let recorded = pending.iter().filter_map(|frame| frame.caller);
        let recorded = recorded
            .filter(|caller| caller.sp > sp && caller.sp <= bounds.end)
            .find(|caller| self.code.method_at(caller.ip.wrapping_sub(1)).is_some());
        let resume = |caller: Caller| self.resume(caller, next.as_ref().unwrap_or(from));
        match (next, recorded) {
            (Some(next), None) => Some(next),
            (Some(next), Some(caller)) if next.registers.sp() <= caller.sp => Some(next),
            (_, Some(caller)) => Some(resume(caller)),
            (None, None) => self.scan(from, bounds),
        }
    }

    /// Takes the callee-saved registers of a frame from the explicit frame that keeps them, if one does.
    fn restore(&self, mut position: Position, pending: &[ExplicitFrame]) -> Position {
        let (ip, sp) = (position.registers.ip(), position.registers.sp());
        let keeper = pending
            .iter()
            .take_while(|frame| frame.address < sp)
            .find(|frame| frame.caller.is_some_and(|caller| (caller.ip, caller.sp) == (ip, sp)));
        for &(number, at) in keeper.into_iter().flat_map(|frame| &frame.saved_registers) {
            if let Some(value) = self.snapshot().space.read_u64(at) {
                position.registers.set(number, value, RegisterOrigin::Saved(at));
            }
        }
        position
    }

    /// Goes on at what an explicit frame recorded. Callee-saved registers other than the frame pointer
    /// are those that are known already: a method that contains such a frame keeps nothing in them.
    fn resume(&self, caller: Caller, known: &Position) -> Position {
        let mut registers = known.registers;
        let frame_register = match self.snapshot().target.arch {
            Arch::Arm64 => arm64::FP,
            _ => x64::RBP,
        };
        registers.set_ip(caller.ip);
        registers.set_sp(caller.sp);
        match caller.frame_pointer {
            Some(value) => registers.set(frame_register, value, RegisterOrigin::Computed),
            None => registers.forget(frame_register),
        }
        Position { registers, found_by: FoundBy::ExplicitFrame, after_call: true }
    }

    /// The last resort: the next word on the stack that is a return address in managed code.
    fn scan(&self, from: &Position, bounds: StackBounds) -> Option<Position> {
        let width = self.snapshot().target.pointer;
        let start = from.registers.sp().checked_add(width.bytes())?.max(bounds.start);
        self.scan_between(from, start, bounds.end)
    }

    fn scan_between(&self, from: &Position, start: VirtAddr, end: VirtAddr) -> Option<Position> {
        let space = &self.snapshot().space;
        let width = self.snapshot().target.pointer;
        let is_return = |address: VirtAddr| {
            self.code.method_at(address.wrapping_sub(1)).is_some() && self.follows_call(address)
        };
        // Only what is captured: by damaged records a stack can be any part of the address space.
        let (at, ip) = space.iter_within(start, end).find_map(|(at, bytes)| {
            let end = at.wrapping_add(bytes.len() as u64);
            unwind::scan(space, at, end, width, is_return)
        })?;
        let stack_pointer = match self.snapshot().target.arch {
            Arch::Arm64 => arm64::SP,
            _ => x64::RSP,
        };
        let mut registers = RegisterFile::bare(ip, at.wrapping_add(width.bytes()), stack_pointer);
        // A frame pointer that points further up is still that of a frame there. Else what was called
        // has likely pushed its caller's below the return address.
        let below = at.wrapping_sub(width.bytes());
        let kept = from.registers.get(x86::EBP).filter(|kept| VirtAddr(kept.value) > at);
        let pushed = || {
            let value = space.read_pointer(below).filter(|&value| value > at)?.0;
            Some(RegisterValue { value, origin: RegisterOrigin::Saved(below) })
        };
        if let Some(found) = kept.filter(|_| from.found_by != FoundBy::Context).or_else(pushed) {
            registers.set(x86::EBP, found.value, found.origin);
        }
        Some(Position { registers, found_by: FoundBy::Scan, after_call: true })
    }

    /// Whether the instruction before an address is a call, as far as the code is there.
    fn follows_call(&self, address: VirtAddr) -> bool {
        if !matches!(self.snapshot().target.arch, Arch::X86 | Arch::X64) {
            return true;
        }
        let Some(before) = self.snapshot().space.slice(address.wrapping_sub(7), 7) else {
            return true;
        };
        // call rel32; call through a register or memory: ff /2 with 0 to 5 bytes behind its modrm byte.
        before[2] == 0xe8 || (0..=5).any(|at| before[at] == 0xff && before[at + 1] & 0x38 == 0x10)
    }

    /// From managed code to its caller.
    fn leave_method(
        &self,
        from: &Position,
        method: &MethodCode,
        bounds: StackBounds,
    ) -> Option<Position> {
        match method.function {
            Some(function) => self.by_codes(from, method.base, function),
            None => self.leave_x86(from, method, bounds),
        }
    }

    /// From managed x86 code to its caller: by the frame pointer, if the method keeps one. One that does
    /// not has at most its saved registers below its return address.
    fn leave_x86(
        &self,
        from: &Position,
        method: &MethodCode,
        bounds: StackBounds,
    ) -> Option<Position> {
        const SAVED_REGISTERS: u64 = 4;
        let space = &self.snapshot().space;
        let unwound = x86::unwind_frame_pointer(space, &from.registers, bounds.end).ok()?;
        // push ebp; mov ebp, esp. Where the code is not in the capture, nobody can tell.
        let keeps = space.slice(method.start, 3).map(|code| code == [0x55, 0x8b, 0xec]);
        if keeps != Some(true) {
            let sp = from.registers.sp();
            let frame = unwound.registers.sp().wrapping_sub(8);
            let end = if keeps.is_none() { sp.wrapping_add(4 * SAVED_REGISTERS) } else { frame };
            let found = self.scan_between(from, sp, end.min(frame));
            if found.is_some() {
                return found;
            }
        }
        let ip = unwound.registers.ip();
        let known = self.code.method_at(ip.wrapping_sub(1)).is_some()
            || self.snapshot().module_at(ip).is_some();
        (known && self.follows_call(ip)).then(|| to_position(unwound, FoundBy::FramePointer))
    }

    /// From native code to its caller.
    fn leave_native(&self, from: &Position, bounds: StackBounds) -> Option<Position> {
        let arch = self.snapshot().target.arch;
        if arch == Arch::X86 && from.after_call {
            let space = &self.snapshot().space;
            let unwound = x86::unwind_frame_pointer(space, &from.registers, bounds.end).ok()?;
            let known = self.snapshot().module_at(unwound.registers.ip()).is_some();
            return known.then(|| to_position(unwound, FoundBy::FramePointer));
        }
        if !matches!(arch, Arch::X64 | Arch::Arm64) {
            return None;
        }
        let ip = from.executing();
        let module = self.snapshot().module_at(ip)?;
        let functions = self.functions_of(module.base)?;
        let rva = clrscope_memory::Rva(u32::try_from(ip.offset_from(module.base)?).ok()?);
        match functions.find(rva).and_then(|index| functions.get(index)) {
            Some(function) => {
                let entry = FunctionEntry {
                    begin: function.begin,
                    end: function.end.unwrap_or_default(),
                    unwind_data: function.unwind,
                };
                self.by_codes(from, module.base, entry)
            }
            // Only a leaf has no entry, and only the innermost frame can be a leaf.
            None if from.after_call => None,
            None if arch == Arch::X64 => {
                let unwound = x64::unwind_leaf(&self.snapshot().space, &from.registers).ok()?;
                Some(to_position(unwound, FoundBy::Cfi))
            }
            None => Some(to_position(arm64::unwind_leaf(&from.registers).ok()?, FoundBy::Cfi)),
        }
    }

    fn by_codes(&self, from: &Position, base: VirtAddr, entry: FunctionEntry) -> Option<Position> {
        let space = &self.snapshot().space;
        let unwound = match self.snapshot().target.arch {
            Arch::X64 => x64::unwind(space, base, entry, &from.registers),
            Arch::Arm64 => arm64::unwind(space, base, entry, &from.registers, from.after_call),
            _ => return None,
        };
        Some(to_position(unwound.ok()?, FoundBy::Cfi))
    }

    /// The exception directory of the image at `base`.
    fn functions_of(&self, base: VirtAddr) -> Option<Arc<RuntimeFunctions<'data>>> {
        let mut images = self.images.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            let image = PeImage::from_memory(&self.snapshot().space, base).ok()?;
            image.runtime_functions().map(Arc::new)
        };
        images.entry(base).or_insert_with(read).clone()
    }
}

fn to_position(unwound: Unwound, found_by: FoundBy) -> Position {
    Position { registers: unwound.registers, found_by, after_call: !unwound.interrupted }
}

/// Moves the explicit frames below `sp` from those that are pending to the frames.
fn pass<'f>(
    pending: &'f [ExplicitFrame],
    frames: &mut Vec<StackFrame>,
    sp: VirtAddr,
) -> &'f [ExplicitFrame] {
    let below = pending.iter().take_while(|frame| frame.address < sp).count();
    let (passed, left) = pending.split_at(below);
    frames.extend(passed.iter().map(|frame| StackFrame {
        kind: FrameKind::Explicit(frame.clone()),
        ip: frame.caller.map_or(VirtAddr::NULL, |caller| caller.ip),
        sp: frame.address,
        caller_sp: None,
        found_by: FoundBy::ExplicitFrame,
        execution: Execution::Calling,
        registers: None,
    }));
    left
}

fn native_frame(position: &Position, before: usize, is_stub: bool) -> NativeFrame {
    NativeFrame { before, found_by: position.found_by, registers: position.registers, is_stub }
}

fn managed_frame(
    position: &Position,
    method: MethodCode,
    caller_sp: Option<VirtAddr>,
) -> StackFrame {
    let execution = match (position.found_by, position.after_call) {
        (_, true) => Execution::Calling,
        (FoundBy::Context, _) => Execution::Stopped,
        // Interrupted by a fault, which it will not survive: a handler goes on elsewhere.
        _ => Execution::Aborted,
    };
    StackFrame {
        kind: FrameKind::Managed(method),
        ip: position.registers.ip(),
        sp: position.registers.sp(),
        caller_sp,
        found_by: position.found_by,
        execution,
        registers: Some(position.registers),
    }
}
