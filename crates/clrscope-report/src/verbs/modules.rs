//! `dumpdomain`, `assemblies`, `dumpassembly`, `modules`, `dumpmodule`, `dumpalc`: what was loaded, and by whom.

mod assemblies;
mod contexts;
mod domains;
mod module;

pub use self::assemblies::{AssemblyList, AssemblyRow};
pub use self::contexts::{ContextRow, LoadContexts};
pub use self::domains::{DomainAssembly, DomainHeap, DomainList, DomainRow};
pub use self::module::{ModuleList, ModuleRow, ModuleTypeRow};
