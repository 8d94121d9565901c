//! The frames of a stack.

use clrscope_image::unwind::{FoundBy, RegisterFile};
use clrscope_memory::VirtAddr;

use super::explicit::ExplicitFrame;
use super::gcinfo::Execution;
use crate::code::MethodCode;

/// What a frame is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrameKind {
    /// A managed method.
    Managed(MethodCode),
    /// A record of the runtime.
    Explicit(ExplicitFrame),
}

/// A frame of a managed stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFrame {
    /// What it is of.
    pub kind: FrameKind,
    /// Where it is executing; of an explicit frame where managed code goes on, or null.
    pub ip: VirtAddr,
    /// Its stack pointer; of an explicit frame its address.
    pub sp: VirtAddr,
    /// The stack pointer of its caller, if it could be unwound.
    pub caller_sp: Option<VirtAddr>,
    /// How it was found.
    pub found_by: FoundBy,
    /// How it came to be where it is.
    pub execution: Execution,
    /// Its registers; explicit frames have none.
    pub registers: Option<RegisterFile>,
}

/// A frame of native code between managed ones, as far as unwinding it succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeFrame {
    /// The index of the frame of the walk that it lies before: that which called it, or which is next.
    pub before: usize,
    /// How it was found.
    pub found_by: FoundBy,
    /// Its registers.
    pub registers: RegisterFile,
    /// Whether its code is a stub that the runtime made.
    pub is_stub: bool,
}

impl StackFrame {
    /// The method's code, of a managed frame.
    pub fn method(&self) -> Option<&MethodCode> {
        match &self.kind {
            FrameKind::Managed(method) => Some(method),
            FrameKind::Explicit(_) => None,
        }
    }

    /// The method desc of the method that the frame is of or stands for.
    pub fn method_desc(&self) -> Option<VirtAddr> {
        match &self.kind {
            FrameKind::Managed(method) => method.method_desc,
            FrameKind::Explicit(frame) => frame.method_desc,
        }
    }

    /// The class of an explicit frame, if it is one and its class is known.
    pub fn explicit_kind(&self) -> Option<&str> {
        match &self.kind {
            FrameKind::Managed(_) => None,
            FrameKind::Explicit(frame) => frame.kind.as_deref(),
        }
    }
}
