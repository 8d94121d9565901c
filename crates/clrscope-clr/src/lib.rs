//! Reads the structures of the .NET runtime from a captured process.
//!
//! [`find_runtimes`] finds the runtimes of a [`clrscope_memory::Snapshot`]; each [`Runtime`] knows its
//! [`Layout`]: where its structures keep their fields, and who says so.

mod layout;
mod runtime;

pub use crate::layout::{
    Contract, DacTable, FieldOffset, GcDacVars, GcVar, Global, GlobalValue, Globals, Layout,
    LayoutMode, MissingField, Source,
};
pub use crate::runtime::{
    Flavor, NoRuntime, Refusal, Refused, Runtime, RuntimeVersion, Runtimes, find_runtimes,
};
