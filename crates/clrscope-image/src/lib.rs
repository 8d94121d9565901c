//! What is in the images of a process: PE, ECMA-335 metadata, ReadyToRun tables, unwind codes.
//!
//! * [`PeImage`] reads an image from the memory of a captured process, loaded or flat, with holes, or
//!   from a file, and addresses everything by RVA;
//! * [`Metadata`] reads the tables and heaps that say which types, fields and methods a module has, in
//!   constant time a row; [`rows`] has one type for each table;
//! * [`SignatureReader`] reads the types of fields, methods and variables as [`TypeSig`];
//! * [`MethodBody`] is a method's IL, instruction by instruction;
//! * [`ReadyToRun`] reads the tables of code compiled ahead of time: which function is which method;
//! * [`ImageFile`] says whether a file is that of a module, and which of its bytes can stand for pages
//!   that a dump does not hold;
//! * [`unwind`] goes from a frame of a stack to its caller.

mod files;
mod guid;
mod il;
mod metadata;
mod pe;
mod ready_to_run;
mod signature;
pub mod unwind;

pub use crate::files::{ImageDirectory, ImageFile, ImageMismatch};
pub use crate::guid::Guid;
pub use crate::il::{
    ExceptionClause, HandlerKind, Instruction, Instructions, MethodBody, Opcode, Operand,
    OperandKind, Targets,
};
pub use crate::metadata::{
    AssemblyName, BlobIndex, GuidIndex, Members, Metadata, MetadataError, PublicKeyToken, Row,
    RowRange, StringIndex, TableId, Token, TypeName,
};
pub use crate::pe::{
    CodeView, Cor20, DataDirectory, DebugEntry, DebugKind, Directory, Export, ExportTarget,
    Exports, Headers, ImageLayout, Machine, PdbChecksum, PeError, PeImage, Resource, ResourceName,
    RuntimeFunction, RuntimeFunctions, Section, VersionInfo,
};
pub use crate::ready_to_run::{
    CompiledMethod, ComponentAssembly, ImportSection, InstanceEntryPoint, ReadyToRun,
    ReadyToRunMethods, ReadyToRunSectionKind,
};
pub use crate::signature::{
    ArraySig, GenericSig, MethodSig, ModifiedSig, ModuleSig, Primitive, PropertySig,
    SignatureError, SignatureErrorKind, SignatureReader, TypeSig,
};

/// The rows of the metadata's tables: one type for each table, one field for each column.
pub mod rows {
    pub use crate::metadata::rows::*;
}
