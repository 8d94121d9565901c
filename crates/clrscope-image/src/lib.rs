//! What is in the images of a process: PE, ECMA-335 metadata, ReadyToRun tables, unwind codes.
//!
//! * [`PeImage`] reads an image from the memory of a captured process, loaded or flat, with holes, or
//!   from a file, and addresses everything by RVA.
//! * [`unwind`] goes from a frame of a stack to its caller.

mod guid;
mod pe;
pub mod unwind;

pub use crate::guid::Guid;
pub use crate::pe::{
    CodeView, Cor20, DataDirectory, DebugEntry, DebugKind, Directory, Export, ExportTarget,
    Exports, Headers, ImageLayout, Machine, PdbChecksum, PeError, PeImage, Resource, ResourceName,
    RuntimeFunction, RuntimeFunctions, Section, VersionInfo,
};
