//! References on the stacks: precise where GC info says which slots hold one, conservative elsewhere.

use clrscope_image::unwind::RegisterOrigin;
use clrscope_memory::{AddressSpace, Arch, Registers, VirtAddr};
use rustc_hash::{FxHashMap, FxHashSet};

use super::StackBounds;
use super::explicit::ExplicitFrame;
use super::frame::{FrameKind, StackFrame};
use super::gcinfo::{GcInfo, SlotBase, SlotPlace};
use crate::code::MethodCode;
use crate::layout::MissingField;
use crate::runtime::Runtime;

/// Where a root is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RootLocation {
    /// In a register of the frame, by its number.
    Register {
        /// The number that the architecture encodes it with.
        number: u8,
        /// Where a frame below saved it; `None` if it is in the register still.
        saved_at: Option<VirtAddr>,
    },
    /// On the stack.
    Stack {
        /// The word.
        address: VirtAddr,
        /// What GC info has it relative to, if that says where it is.
        relative: Option<StackOffset>,
    },
}

/// A word of a stack, by a register of its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StackOffset {
    /// The register, by its number; `None` for the stack pointer that the caller has after the call.
    pub register: Option<u8>,
    /// Bytes from where that points.
    pub offset: i32,
}

impl RootLocation {
    /// A word of the stack of which nothing more is known.
    fn word(address: VirtAddr) -> RootLocation {
        RootLocation::Stack { address, relative: None }
    }

    /// The word of the stack that holds the reference, if one does.
    pub fn address(self) -> Option<VirtAddr> {
        match self {
            RootLocation::Register { saved_at, .. } => saved_at,
            RootLocation::Stack { address, .. } => Some(address),
        }
    }
}

/// A reference on a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackRoot {
    /// Index of the frame that it belongs to, in the walk that it was collected from; of a conservative
    /// root that of the frame whose memory it lies in. `None` if no frame is known there.
    pub frame: Option<usize>,
    /// Where it is.
    pub location: RootLocation,
    /// What is stored there.
    pub value: VirtAddr,
    /// The object that it keeps alive.
    pub object: VirtAddr,
    /// Whether the slot may point into the middle of an object.
    pub interior: bool,
    /// Whether it keeps its object from being moved.
    pub pinned: bool,
    /// Whether the runtime itself would report it. A conservative root only looks like a reference.
    pub exact: bool,
}

/// The references of one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackRoots {
    /// The references; precise ones first, in the order of the frames.
    pub roots: Vec<StackRoot>,
    /// Whether the live slots of every managed frame were known.
    pub complete: bool,
}

/// Explicit frames that stand where an exception was thrown.
const THROWS: [&str; 3] = ["HelperMethodFrame", "SoftwareExceptionFrame", "FaultingExceptionFrame"];
/// References that one `GCFrame` can protect.
const MAX_PROTECTED: u64 = 1 << 16;

/// Collects references.
#[derive(Debug)]
pub(super) struct RootReader<'data> {
    space: AddressSpace<'data>,
    arch: Arch,
    protected: u64,
    protected_count: u64,
    maybe_interior: u64,
}

impl<'data> RootReader<'data> {
    pub(super) fn new(runtime: &Runtime<'data>) -> Result<RootReader<'data>, MissingField> {
        let gc_frame = |field| runtime.layout().require("GCFrame", field);
        Ok(RootReader {
            space: runtime.snapshot().space.clone(),
            arch: runtime.snapshot().target.arch,
            protected: gc_frame("ObjRefs")?,
            protected_count: gc_frame("NumObjRefs")?,
            maybe_interior: gc_frame("MaybeInterior")?,
        })
    }

    /// The references of a stack. `object_at` gives the object that an address points at or into.
    pub(super) fn collect(
        &self,
        frames: &[StackFrame],
        registers: Option<&Registers>,
        bounds: StackBounds,
        is_filter: &dyn Fn(&MethodCode) -> bool,
        object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
    ) -> StackRoots {
        let mut roots = Vec::new();
        let mut complete = self.arch == Arch::X64;
        let dead = dead(frames, is_filter);
        for (index, frame) in frames.iter().enumerate() {
            match &frame.kind {
                FrameKind::Managed(_) if dead.contains(&index) => {}
                FrameKind::Managed(method) => {
                    let offset = recorded_offset(frames, index).unwrap_or(method.offset);
                    let found = self.precise((index, offset), frame, object_at, &mut roots);
                    complete &= found.unwrap_or(false);
                }
                FrameKind::Explicit(explicit) => {
                    self.protected(index, explicit, object_at, &mut roots);
                }
            }
        }
        let known: FxHashSet<_> = roots.iter().filter_map(|root| root.location.address()).collect();
        self.conservative(frames, registers, bounds, object_at, &known, &mut roots);
        StackRoots { roots, complete }
    }

    /// The references of a managed frame by its GC info; gives whether all live slots are known.
    fn precise(
        &self,
        (index, offset): (usize, u32),
        frame: &StackFrame,
        object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
        roots: &mut Vec<StackRoot>,
    ) -> Option<bool> {
        let method = frame.method()?;
        let registers = frame.registers.as_ref()?;
        if self.arch != Arch::X64 {
            return None;
        }
        let info = GcInfo::read(&self.space, method.gc_info?, method.gc_info_version).ok()?;
        let live = info.live_slots(offset, frame.execution).ok()?;
        let mut complete = live.complete;
        for slot in &live.slots {
            let found = match slot.place {
                SlotPlace::Register(number) => registers.get(number).map(|register| {
                    let saved_at = match register.origin {
                        RegisterOrigin::Saved(at) => Some(at),
                        _ => None,
                    };
                    (RootLocation::Register { number, saved_at }, VirtAddr(register.value))
                }),
                SlotPlace::Stack { base, offset } => {
                    let frame_register = info.header().stack_base_register;
                    let (register, base) = match base {
                        SlotBase::CallerSp => (None, frame.caller_sp),
                        SlotBase::Sp => (Some(registers.stack_pointer()), Some(frame.sp)),
                        SlotBase::FrameRegister => {
                            let value = frame_register.and_then(|number| registers.value(number));
                            (frame_register, value.map(VirtAddr))
                        }
                    };
                    base.and_then(|base| {
                        let address = VirtAddr(base.0.wrapping_add_signed(offset.into()));
                        let relative = Some(StackOffset { register, offset });
                        let location = RootLocation::Stack { address, relative };
                        Some((location, self.space.read_pointer(address)?))
                    })
                }
            };
            let Some((location, value)) = found else {
                complete = false;
                continue;
            };
            let root = (location, slot.interior, slot.pinned);
            push(index, root, value, object_at, roots);
        }
        Some(complete)
    }

    /// The references that native code of the runtime protects by an explicit frame.
    fn protected(
        &self,
        index: usize,
        frame: &ExplicitFrame,
        object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
        roots: &mut Vec<StackRoot>,
    ) {
        for &at in &frame.protected {
            if let Some(value) = self.space.read_pointer(at) {
                push(index, (RootLocation::word(at), false, false), value, object_at, roots);
            }
        }
        if frame.kind.as_deref() != Some("GCFrame") {
            return;
        }
        let at = |offset| frame.address.wrapping_add(offset);
        let size = self.space.target().pointer_bytes();
        let first = self.space.read_pointer(at(self.protected)).unwrap_or_default();
        let count = self.space.read_u32(at(self.protected_count)).unwrap_or(0);
        let interior = self.space.read_u32(at(self.maybe_interior)).unwrap_or(0) != 0;
        for number in 0..u64::from(count).min(MAX_PROTECTED) {
            let at = first.wrapping_add(number * size);
            let Some(value) = self.space.read_pointer(at) else { break };
            push(index, (RootLocation::word(at), interior, false), value, object_at, roots);
        }
    }

    /// Every other word of the stack, and every register, that points at or into an object.
    fn conservative(
        &self,
        frames: &[StackFrame],
        registers: Option<&Registers>,
        bounds: StackBounds,
        object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
        known: &FxHashSet<VirtAddr>,
        roots: &mut Vec<StackRoot>,
    ) {
        let mut push = |frame, location, value: VirtAddr| {
            let Some(object) = object_at(value) else { return };
            let interior = object != value;
            let (pinned, exact) = (true, false);
            roots.push(StackRoot { frame, location, value, object, interior, pinned, exact });
        };
        for (number, value) in (0..).zip(general(registers)) {
            let location = RootLocation::Register { number, saved_at: None };
            push(None, location, VirtAddr(value));
        }
        let size = self.space.target().pointer_bytes();
        let top = registers.map_or(bounds.start, Registers::stack_pointer).max(bounds.start);
        // The frames are in order of address: the last that begins at or below a word holds it.
        let mut frame = 0;
        // Only what is captured: by damaged records a stack can be any part of the address space.
        for (start, bytes) in self.space.iter_within(top, bounds.end) {
            let words =
                (start.align_up(size).0..start.0 + bytes.len() as u64).step_by(size as usize);
            for at in words.map(VirtAddr) {
                let Some(value) = self.space.read_pointer(at) else { continue };
                while frames.get(frame).is_some_and(|frame| frame.sp <= at) {
                    frame += 1;
                }
                if !known.contains(&at) {
                    push(frame.checked_sub(1), RootLocation::word(at), value);
                }
            }
        }
    }
}

/// Frames that will not go on: while a handler of a method runs, the method's own frame is only its memory
/// (the handler reports what it holds), and what the exception was thrown through above the throw is gone.
/// A filter runs before anything is gone.
fn dead(frames: &[StackFrame], is_filter: &dyn Fn(&MethodCode) -> bool) -> FxHashSet<usize> {
    let mut dead = FxHashSet::default();
    // From the outermost on: where the next frame of each method is, and the next that throws.
    let mut parents: FxHashMap<VirtAddr, usize> = FxHashMap::default();
    let mut thrown = None;
    let mut spans = Vec::new();
    for (index, frame) in frames.iter().enumerate().rev() {
        match frame.method() {
            Some(method) if method.is_funclet => {
                let parent = parents.get(&method.start).filter(|_| !is_filter(method));
                if let Some(&parent) = parent {
                    let first = thrown.filter(|&thrown| thrown < parent).unwrap_or(parent);
                    spans.push((first, parent));
                }
            }
            Some(method) => {
                parents.insert(method.start, index);
            }
            None => {
                let throws = |kind: &str| THROWS.contains(&kind);
                let kind = frame.explicit_kind().filter(|kind| throws(kind));
                thrown = kind.map(|_| index).or(thrown);
            }
        }
    }
    // Each frame once, however the spans overlap.
    spans.sort_unstable();
    let mut next = 0;
    for (first, last) in spans {
        dead.extend(first.max(next)..=last);
        next = next.max(last + 1);
    }
    dead
}

/// The offset at which the runtime looks for the live slots of a method that called a native function:
/// that which the method's own explicit frame recorded. It can be a little before the return address of
/// the native call, where less is live.
fn recorded_offset(frames: &[StackFrame], index: usize) -> Option<u32> {
    let frame = frames.get(index)?;
    let method = frame.method()?;
    let FrameKind::Explicit(explicit) = &frames.get(index.checked_sub(1)?)?.kind else {
        return None;
    };
    let caller = explicit.caller.filter(|caller| caller.sp == frame.sp)?;
    u32::try_from(caller.ip.offset_from(method.start)?).ok()
}

/// Appends an exact root, if it refers to anything. A slot that may be interior can also point outside
/// of the heap.
fn push(
    frame: usize,
    (location, interior, pinned): (RootLocation, bool, bool),
    value: VirtAddr,
    object_at: &dyn Fn(VirtAddr) -> Option<VirtAddr>,
    roots: &mut Vec<StackRoot>,
) {
    let object = if interior { object_at(value) } else { Some(value) };
    if let Some(object) = object.filter(|object| !object.is_null()) {
        let (frame, exact) = (Some(frame), true);
        roots.push(StackRoot { frame, location, value, object, interior, pinned, exact });
    }
}

fn general(registers: Option<&Registers>) -> Vec<u64> {
    match registers {
        None => Vec::new(),
        Some(Registers::X86 { general, .. }) => general.iter().map(|&r| r.into()).collect(),
        Some(Registers::X64 { general, .. }) => general.to_vec(),
        Some(Registers::Arm64 { general, .. }) => general.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use clrscope_image::unwind::{FoundBy, FunctionEntry};
    use clrscope_memory::Rva;

    use super::super::gcinfo::Execution;
    use super::*;
    use crate::code::Compilation;

    fn frame(kind: FrameKind) -> StackFrame {
        StackFrame {
            kind,
            ip: VirtAddr::NULL,
            sp: VirtAddr::NULL,
            caller_sp: None,
            found_by: FoundBy::Cfi,
            execution: Execution::Calling,
            registers: None,
        }
    }

    fn managed(start: u64, is_funclet: bool) -> StackFrame {
        let function = FunctionEntry { begin: Rva(0), end: Rva(1), unwind_data: 0 };
        frame(FrameKind::Managed(MethodCode {
            compilation: Compilation::Jit,
            method_desc: None,
            definition: None,
            start: VirtAddr(start),
            offset: 0,
            base: VirtAddr::NULL,
            function: Some(function),
            is_funclet,
            gc_info: None,
            gc_info_version: 2,
        }))
    }

    #[test]
    fn a_handler_ends_what_was_thrown_through_and_a_filter_does_not() {
        let thrown = ExplicitFrame {
            kind: Some("SoftwareExceptionFrame".into()),
            address: VirtAddr::NULL,
            caller: None,
            method_desc: None,
            saved_registers: Vec::new(),
            protected: Vec::new(),
        };
        // What the handler calls; the handler; the throw; what threw; the method of the handler; its caller.
        let frames = [
            managed(0x5000, false),
            managed(0x1000, true),
            frame(FrameKind::Explicit(thrown)),
            managed(0x4000, false),
            managed(0x1000, false),
            managed(0x3000, false),
        ];
        let of_handler = dead(&frames, &|_| false);
        assert_eq!(
            (0..6).filter(|index| of_handler.contains(index)).collect::<Vec<_>>(),
            [2, 3, 4]
        );
        assert!(dead(&frames, &|method| method.start.0 == 0x1000).is_empty());
    }
}
