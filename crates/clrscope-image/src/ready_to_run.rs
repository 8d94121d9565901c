//! Code compiled ahead of time, in images of ReadyToRun.

mod header;
mod imports;
mod methods;
mod native;

pub use header::{ComponentAssembly, ReadyToRun, ReadyToRunSectionKind};
pub use imports::ImportSection;
pub use methods::{CompiledMethod, InstanceEntryPoint, ReadyToRunMethods};
