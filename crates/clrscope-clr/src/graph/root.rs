//! What a root is.

use clrscope_memory::VirtAddr;

use crate::roots::HandleKind;

/// Something that keeps an object alive and is no object itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// Where the reference is: the handle, the field, the slot of a stack or queue. Null if it is in a
    /// register.
    pub address: VirtAddr,
    /// What the reference refers to. An interior pointer refers into its object.
    pub value: VirtAddr,
}

/// The kinds of root.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RootKind {
    /// A handle of a kind that keeps its object alive.
    Handle(HandleKind),
    /// The finalizer queue: the object waits for its finalizer to run.
    FinalizerQueue {
        /// Whether the finalizer is critical.
        critical: bool,
    },
}
