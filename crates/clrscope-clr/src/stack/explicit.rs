//! The records that the runtime keeps on the stack where a thread leaves managed code: explicit frames.
//! `src/coreclr/vm/frames.h` of dotnet/runtime.

use clrscope_memory::{AddressSpace, Arch, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::FxHashMap;

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
            _ => (None, None),
        };
        Some(ExplicitFrame { address, kind, caller, method_desc })
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
