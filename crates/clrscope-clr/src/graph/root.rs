//! What a root is.

use std::fmt;
use std::sync::Arc;

use clrscope_memory::VirtAddr;

use crate::roots::HandleKind;
use crate::stack::RootLocation;

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
    /// A static field. Of a struct, the root refers to its boxed value.
    Static(StaticName),
    /// A static field of one thread.
    ThreadStatic {
        /// The field.
        name: StaticName,
        /// The thread, by the operating system's number.
        thread: u32,
    },
    /// A reference on the stack or in the registers of a thread.
    Stack(StackSlot),
    /// Code that a thread is running: it keeps what it was loaded with from being unloaded.
    RunningCode {
        /// The thread, by the operating system's number.
        thread: u32,
        /// The frame.
        frame: RootFrame,
    },
    /// A handle of a kind that keeps its object alive.
    Handle(HandleKind),
    /// A strong handle that belongs to a thread.
    ThreadHandle {
        /// The thread, by the operating system's number; zero if it has ended or has not begun.
        thread: u32,
        /// What the handle holds.
        holds: ThreadHandle,
    },
    /// The finalizer queue: the object waits for its finalizer to run.
    FinalizerQueue {
        /// Whether the finalizer is critical.
        critical: bool,
    },
    /// An element of an array in which the runtime keeps statics, of which no field is known: a string
    /// literal, most often.
    StaticsElement,
    /// A handle of an array in which the runtime keeps statics. Its elements are roots of their own.
    StaticsArray(HandleKind),
    /// The object is in a segment that is never collected (frozen objects, .NET 8 and later).
    Frozen,
    /// The array of a thread's statics, which the runtime refers to without a handle (.NET 9 and later).
    ThreadStatics {
        /// The thread, by the operating system's number.
        thread: u32,
    },
}

/// What a thread keeps in a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadHandle {
    /// The exception that it threw last, handled or not.
    LastThrown,
    /// An exception that it threw; which of several is not known, or it is being handled.
    Exception,
    /// The managed object that stands for it.
    Object,
}

/// The name of a static field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaticName {
    /// The type that declares it, as C# writes it.
    pub owner: Arc<str>,
    /// Its own name; of a property's backing field, the property's.
    pub field: Arc<str>,
    /// Method table of the type.
    pub method_table: VirtAddr,
}

impl fmt::Display for StaticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.owner, self.field)
    }
}

/// A reference on a stack, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackSlot {
    /// The thread, by the operating system's number.
    pub thread: u32,
    /// The frame that it belongs to, if it is known.
    pub frame: Option<RootFrame>,
    /// Where it is.
    pub location: RootLocation,
    /// Whether the runtime itself would report it. What is not exact only looks like a reference.
    pub exact: bool,
    /// Whether it is not exact although the exact references of every frame of the thread are known: a
    /// word that something else left behind, most likely.
    pub stale: bool,
    /// Whether the slot may point into the middle of its object.
    pub interior: bool,
    /// Whether it keeps its object in place.
    pub pinned: bool,
}

/// The frame that a root belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootFrame {
    /// Where it is executing.
    pub ip: VirtAddr,
    /// Its stack pointer; of an explicit frame its address.
    pub sp: VirtAddr,
    /// The runtime's record of its method.
    pub method_desc: Option<VirtAddr>,
    /// The class of an explicit frame.
    pub explicit: Option<Arc<str>>,
}

impl RootKind {
    /// Whether the root only looks like one, and may be none.
    pub fn is_conservative(&self) -> bool {
        matches!(self, RootKind::Stack(slot) if !slot.exact)
    }

    /// Whether the root says who holds what. Leftovers on stacks do not: they are searched from, so that
    /// nothing is called dead in error, but what they point into is held by others.
    pub fn holds(&self) -> bool {
        !matches!(self, RootKind::Stack(slot) if slot.stale)
    }
}
