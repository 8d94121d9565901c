//! PE images, loaded or flat, in memory with holes or in a file.

mod backing;
mod cor20;
mod debug;
mod exception;
mod export;
mod headers;
mod image;
mod layout;
mod raw;
mod resource;
mod version;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use cor20::Cor20;
pub use debug::{CodeView, DebugEntry, DebugKind, PdbChecksum};
pub use exception::{RuntimeFunction, RuntimeFunctions};
pub use export::{Export, ExportTarget, Exports};
pub use headers::{DataDirectory, Directory, Headers, Machine, PeError, Section};
pub use image::{ImageLayout, PeImage};
pub use resource::{Resource, ResourceName};
pub use version::VersionInfo;
