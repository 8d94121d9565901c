//! The records that the runtime keeps on the stack where a thread leaves managed code: explicit frames.
//! `src/coreclr/vm/frames.h` of dotnet/runtime.

use clrscope_memory::{AddressSpace, Arch, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::FxHashMap;

use super::helpers::HelperMethods;
use crate::layout::{GlobalValue, MissingField};
use crate::runtime::Runtime;

/// An explicit frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplicitFrame {
    /// Where it is.
    pub address: VirtAddr,
    /// The name of its class; `None` if it is not known.
    pub kind: Option<String>,
    /// The managed code that it was entered from, if that is recorded.
    pub caller: Option<Caller>,
    /// The method desc of the method that it stands for, if that is recorded.
    pub method_desc: Option<VirtAddr>,
    /// Where the frame keeps callee-saved registers of its caller, by number: the runtime restores them
    /// from there, and a collector updates them there.
    pub saved_registers: Vec<(u8, VirtAddr)>,
    /// Where references are that native code of the runtime protects by the frame.
    pub protected: Vec<VirtAddr>,
}

/// Where managed code goes on when the runtime returns to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The return address.
    pub ip: VirtAddr,
    /// The stack pointer there.
    pub sp: VirtAddr,
    /// Its frame pointer.
    pub frame_pointer: Option<u64>,
}

/// Reads explicit frames.
#[derive(Debug)]
pub(super) struct FrameReader<'data> {
    space: AddressSpace<'data>,
    /// Kinds by virtual table, or from .NET 10 on by number.
    kinds: FxHashMap<u64, String>,
    next: u64,
    inlined: Inlined,
    transition_block: u64,
    framed_method: u64,
    helpers: HelperMethods,
}

#[derive(Debug)]
struct Inlined {
    datum: u64,
    call_site_sp: u64,
    return_address: u64,
    frame_pointer: u64,
}

impl<'data> FrameReader<'data> {
    pub(super) fn new(runtime: &Runtime<'data>) -> Result<FrameReader<'data>, MissingField> {
        let layout = runtime.layout();
        let kinds = runtime.globals().iter().filter_map(|(name, global)| {
            let vtable = name.strip_suffix(" virtual table").filter(|n| n.contains("Frame"));
            match (global.value.clone(), vtable, name.strip_suffix("Identifier")) {
                (GlobalValue::VirtualTable(at), Some(kind), _) => Some((at.0, kind.to_owned())),
                (GlobalValue::Number(number), _, Some(kind)) => Some((number, kind.to_owned())),
                _ => None,
            }
        });
        let inlined = |field| layout.require("InlinedCallFrame", field);
        Ok(FrameReader {
            space: runtime.snapshot().space.clone(),
            kinds: kinds.collect(),
            next: layout.require("Frame", "Next")?,
            inlined: Inlined {
                datum: layout.offset("InlinedCallFrame", "Datum").unwrap_or(0x10),
                call_site_sp: inlined("CallSiteSP")?,
                return_address: inlined("CallerReturnAddress")?,
                frame_pointer: inlined("CalleeSavedFP")?,
            },
            transition_block: layout.require("FramedMethodFrame", "TransitionBlockPtr")?,
            framed_method: layout.require("FramedMethodFrame", "MethodDesc")?,
            helpers: HelperMethods::new(runtime),
        })
    }

    /// The chain that begins at `first`, innermost first. It ends in minus one.
    pub(super) fn chain(&self, first: VirtAddr) -> Parsed<Vec<ExplicitFrame>> {
        let mut issues = Issues::new();
        let mut frames: Vec<ExplicitFrame> = Vec::new();
        let end = match self.space.target().pointer_bytes() {
            4 => u64::from(u32::MAX),
            _ => u64::MAX,
        };
        let mut at = first;
        while !at.is_null() && at.0 != end {
            let frame = self.frame(at);
            // The stack grows down: a chain that does not go up is damaged or comes back to itself.
            let goes_up = frames.last().is_none_or(|last| last.address < at);
            let (Some(frame), true, true) = (frame, goes_up, frames.len() < limits::MAX_FRAMES)
            else {
                issues.push(Issue::in_memory(
                    IssueKind::BadValue,
                    at,
                    "the chain of explicit frames is damaged",
                ));
                break;
            };
            let next = self.space.read_pointer(at.wrapping_add(self.next));
            frames.push(frame);
            at = next.unwrap_or_default();
        }
        Parsed { value: frames, issues }
    }

    fn frame(&self, address: VirtAddr) -> Option<ExplicitFrame> {
        let pointer = |offset| self.space.read_pointer(address.wrapping_add(offset));
        let identifier = self.space.read_pointer(address)?;
        let kind = self.kinds.get(&identifier.0).cloned();
        let mut state = None;
        let (caller, method_desc) = match kind.as_deref() {
            Some("InlinedCallFrame") => {
                let caller = pointer(self.inlined.return_address).filter(|ip| !ip.is_null());
                let caller = caller.and_then(|ip| {
                    let frame_pointer = pointer(self.inlined.frame_pointer).map(|value| value.0);
                    Some(Caller { ip, sp: pointer(self.inlined.call_site_sp)?, frame_pointer })
                });
                // On x64 the lowest bits say that the datum is something else than a method desc.
                let datum =
                    pointer(self.inlined.datum).filter(|at| at.is_aligned(4) && at.0 > 0xffff);
                (caller, caller.and(datum))
            }
            Some(
                "PrestubMethodFrame"
                | "StubDispatchFrame"
                | "ExternalMethodFrame"
                | "DynamicHelperFrame"
                | "CallCountingHelperFrame"
                | "ComPlusMethodFrame"
                | "CLRToCOMMethodFrame"
                | "PInvokeCalliFrame"
                | "MulticastFrame",
            ) => {
                let block = pointer(self.transition_block);
                let method = pointer(self.framed_method).filter(|at| !at.is_null());
                (block.and_then(|block| self.transition(block)), method)
            }
            Some(kind) if kind.starts_with("HelperMethodFrame") => {
                state = MachState::find(&self.space, address);
                (
                    state.as_ref().map(|state| state.caller),
                    self.helpers.of_frame(&self.space, address),
                )
            }
            _ => (None, None),
        };
        let protected = state.as_ref().map(|state| state.protected(&self.space, kind.as_deref()));
        Some(ExplicitFrame {
            address,
            kind,
            caller,
            method_desc,
            saved_registers: state.map(|state| state.registers).unwrap_or_default(),
            protected: protected.unwrap_or_default(),
        })
    }

    /// The registers that a stub saved when managed code called into the runtime. `TransitionBlock` of
    /// `src/coreclr/vm/callingconvention.h`: on x64 rdi, rsi, rbx, rbp, r12 to r15; on x86 two
    /// arguments, then edi, esi, ebx, ebp; then the return address.
    fn transition(&self, block: VirtAddr) -> Option<Caller> {
        let (return_address, frame_pointer, size) = match self.space.target().arch {
            Arch::X64 => (64, 24, 8),
            Arch::X86 => (24, 20, 4),
            _ => return None,
        };
        let pointer = |offset| self.space.read_pointer(block.wrapping_add(offset));
        Some(Caller {
            ip: pointer(return_address)?,
            sp: block.wrapping_add(return_address + size),
            frame_pointer: pointer(frame_pointer).map(|value| value.0),
        })
    }
}

/// The registers that a helper of the runtime was called with, in a `HelperMethodFrame` of x64 on which
/// a collector has worked: `MachState` of `src/coreclr/vm/amd64/gmscpu.h`. Its words are the return
/// address and the stack pointer behind it; what rdi, rsi, rbx, rbp, r12 to r15 were; pointers to where
/// each is kept; a pointer to the return address; two words of the unfinished state. Where it begins is
/// found by that.
struct MachState {
    caller: Caller,
    registers: Vec<(u8, VirtAddr)>,
    end: VirtAddr,
}

impl MachState {
    /// Words from the begin of a frame that the state can begin at.
    const FIRST: std::ops::Range<u64> = 2..12;
    /// The registers in the order of the state, as x64 encodes them.
    const REGISTERS: [u8; 8] = [7, 6, 3, 5, 12, 13, 14, 15];
    /// Bytes of stack that a helper and what it calls can take.
    const NEAR: u64 = 1 << 16;

    fn find(space: &AddressSpace<'_>, frame: VirtAddr) -> Option<MachState> {
        if space.target().arch != Arch::X64 {
            return None;
        }
        let word = |index: u64| space.read_u64(frame.wrapping_add(index * 8)).map(VirtAddr);
        let is_near = |address: VirtAddr| address.0.abs_diff(frame.0) < Self::NEAR;
        Self::FIRST.into_iter().find_map(|first| {
            let (ip, sp) = (word(first)?, word(first + 1)?);
            let return_address_at = word(first + 18)?;
            let resolved = sp > frame
                && is_near(sp)
                && is_near(return_address_at)
                && space.read_u64(return_address_at) == Some(ip.0);
            if !resolved || ip.is_null() {
                return None;
            }
            let registers = (0..).zip(Self::REGISTERS).map(|(index, number)| {
                word(first + 10 + index).filter(|&at| is_near(at)).map(|at| (number, at))
            });
            let registers: Vec<_> = registers.collect::<Option<_>>()?;
            let frame_pointer = registers.iter().find(|(number, _)| *number == 5);
            let frame_pointer = frame_pointer.and_then(|&(_, at)| space.read_u64(at));
            let end = frame.wrapping_add((first + 21) * 8);
            Some(MachState { caller: Caller { ip, sp, frame_pointer }, registers, end })
        })
    }

    /// Where the protected references are: frames that protect some have pointers to them behind the
    /// state.
    fn protected(&self, space: &AddressSpace<'_>, kind: Option<&str>) -> Vec<VirtAddr> {
        let count = match kind {
            Some("HelperMethodFrame_1OBJ") => 1,
            Some("HelperMethodFrame_2OBJ") => 2,
            Some("HelperMethodFrame_3OBJ") => 3,
            _ => 0,
        };
        (0..count)
            .filter_map(|index| space.read_pointer(self.end.wrapping_add(index * 8)))
            .collect()
    }
}
