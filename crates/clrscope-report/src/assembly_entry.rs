//! What every verb says of an assembly.

use clrscope_analyze::Unloading;
use clrscope_clr::{LoadContext, Module};
use serde::Serialize;

use crate::number::Address;

/// Bytes of an assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AssemblyBytes {
    /// Of its metadata.
    pub metadata: u64,
    /// Of its image, if it has one.
    pub image: u64,
    /// In the heaps of the loader. Those of an assembly that can be unloaded are its own; others share
    /// theirs, and what of them belongs to whom is told by what lies before it.
    pub loader: u64,
    /// Of the code that the JIT made of its methods.
    pub code: u64,
}

impl AssemblyBytes {
    /// All of them.
    pub fn sum(&self) -> u64 {
        [self.metadata, self.image, self.loader, self.code].into_iter().fold(0, u64::saturating_add)
    }
}

/// A module of an assembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssemblyModule {
    /// Address of the runtime's record of it.
    pub address: Address,
    /// Path of its file, or its name.
    pub name: String,
}

/// What to call a module: its path; of an emitted one, what its assembly is called.
pub(crate) fn module_name(module: &Module<'_>) -> String {
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
pub(crate) fn context_name(module: &Module<'_>, contexts: &[LoadContext]) -> Option<String> {
    let object = module.load_context();
    contexts.iter().find(|context| context.object == object).map(LoadContext::title)
}

/// Whether an assembly goes away.
pub(crate) const fn unloading_name(unloading: &Unloading) -> &'static str {
    match unloading {
        Unloading::Never => "never",
        Unloading::Held { .. } => "held",
        Unloading::Unreachable => "unreachable",
        Unloading::Unloaded => "unloading",
        Unloading::Unknown => "unknown",
    }
}

/// What holds an assembly, in words.
pub(crate) fn held_by(unloading: &Unloading) -> Option<String> {
    let Unloading::Held { root, through, .. } = unloading else { return None };
    Some(match through {
        Some(through) => format!("{root} -> {through}"),
        None => root.clone(),
    })
}
