//! Reads the structures of the .NET runtime from a captured process.
//!
//! [`find_runtimes`] finds the runtimes of a [`clrscope_memory::Snapshot`]; each [`Runtime`] knows its
//! [`Layout`], that is where its structures keep their fields and who says so, and gives its [`Heap`].

pub mod code;
mod committed;
mod gc_desc;
mod graph;
mod heap;
pub mod il;
mod infer;
mod layout;
mod load_context;
mod loader;
mod method_table;
mod modules;
mod parallel;
mod pointer_form;
mod range;
mod roots;
mod runtime;
pub mod stack;
mod sync;
mod thread;
mod types;
mod value;
mod version;
mod words;

pub use crate::gc_desc::{GcDesc, RepeatedItem, Series};
pub use crate::graph::{
    GraphOptions, HeapGraph, Root, RootFrame, RootKind, Sizes, StackSlot, StaticName, ThreadHandle,
};
pub use crate::heap::{
    AllocationContext, ContextOwner, Damage, DamageKind, Fault, FaultKind, GcHeap, GcMemory,
    GcMemoryKind, Heap, HeapError, HeapObjects, MethodTableInfo, Neighbourhood, Object, Segment,
    SegmentKind, Stretch, TypeId, TypeStats, TypeTable, Verification,
};
pub use crate::layout::{
    Contract, DacTable, FieldOffset, GcDacVars, GcVar, Global, GlobalValue, Globals, Layout,
    LayoutMode, MissingField, Source,
};
pub use crate::load_context::LoadContext;
pub use crate::loader::{
    AllocatorKind, LoaderAllocator, LoaderBlock, LoaderHeap, LoaderHeapKind, LoaderHeaps,
    LoaderShares, ModuleShare,
};
pub use crate::method_table::{MethodTableHeader, MethodTableReader};
pub use crate::modules::{
    AppDomain, DomainKind, MetadataOrigin, Module, ModuleImage, ModuleMetadataRef, Modules,
};
pub use crate::range::AddressRange;
pub use crate::roots::{FinalizerQueue, Handle, HandleKind};
pub use crate::runtime::{NoRuntime, Refusal, Refused, Runtime, Runtimes, find_runtimes};
pub use crate::sync::{HeaderFormat, Monitor, ObjectHeader, SyncBlock, SyncBlocks};
pub use crate::thread::thread_addresses;
pub use crate::types::{
    ArrayShape, Constant, ElementType, EnumInfo, EnumMember, Field, FieldKind, Method, NamePattern,
    NameStyle, Type, TypeCategory, TypeName, Types,
};
pub use crate::value::{
    ArrayRef, CancellationState, CancellationView, Collection, DateTime, DateTimeKind, Decimal,
    DelegateForm, DelegateRef, Dimension, Element, EnumValue, ExceptionFrame, ExceptionRef, Fact,
    LazyView, ObjectError, ObjectRef, StringBuilderView, StringRef, TaskRef, TaskState, TextLimits,
    TimeSpan, TimerView, Value, View, WeakReferenceView,
};
pub use crate::version::{Flavor, RuntimeVersion};
