//! `dumpdomain`, `assemblies`, `dumpassembly`, `modules`, `dumpmodule`, `dumpalc`: what was loaded, and by whom.

mod assemblies;
mod contexts;
mod domains;
mod module;

pub use self::assemblies::{AssemblyBytes, AssemblyList, AssemblyModule, AssemblyRow};
pub use self::contexts::{ContextRow, LoadContexts};
pub use self::domains::{DomainAssembly, DomainHeap, DomainList, DomainRow};
pub use self::module::{ModuleList, ModuleRow, ModuleTypeRow};

use clrscope_clr::{LoadContext, Module};
use clrscope_memory::VirtAddr;

/// What to call a module: its path; of an emitted one, what its assembly is called.
fn module_name(module: &Module<'_>) -> String {
    if let Some(path) = module.path().filter(|path| !path.is_empty()) {
        return path.to_owned();
    }
    if !module.simple_name().is_empty() {
        return module.simple_name().to_owned();
    }
    let metadata = module.metadata();
    let name = metadata.as_ref().and_then(|metadata| metadata.assembly_name());
    name.map_or_else(String::new, |name| name.name.into_owned())
}

/// What to call the load context of a module; `None` if contexts are not known.
fn context_name(module: &Module<'_>, contexts: &[LoadContext]) -> Option<String> {
    let object: Option<VirtAddr> = module.load_context();
    contexts.iter().find(|context| context.object == object).map(LoadContext::title)
}
