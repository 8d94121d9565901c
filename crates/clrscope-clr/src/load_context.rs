//! Load contexts: who decided which assembly a reference meant. Each is a managed object.

use std::collections::BTreeMap;

use clrscope_memory::VirtAddr;

use crate::runtime::Runtime;

/// A load context and what it loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadContext {
    /// Address of the managed `AssemblyLoadContext`. `None` for the default one, if the program never
    /// asked for it: the runtime makes its object only then.
    pub object: Option<VirtAddr>,
    /// Its name: `Default`, or what the program called it.
    pub name: Option<String>,
    /// The type of its object.
    pub type_name: Option<String>,
    /// Its number, which the runtime counts up.
    pub id: Option<u64>,
    /// Whether it can be unloaded.
    pub is_collectible: bool,
    /// Addresses of its modules, in the order in which they were loaded.
    pub modules: Vec<VirtAddr>,
}

impl LoadContext {
    /// What to call it: its name; without one, its type and number.
    pub fn title(&self) -> String {
        match (&self.name, &self.type_name, self.id) {
            (Some(name), ..) if !name.is_empty() => name.clone(),
            (_, Some(ty), Some(id)) => format!("{ty} #{id}"),
            (_, Some(ty), None) => ty.clone(),
            (_, None, _) => match self.object {
                Some(object) => format!("load context {object}"),
                None => "Default".to_owned(),
            },
        }
    }
}

impl<'data> Runtime<'data> {
    /// The load contexts of all modules, in the order in which they first loaded one. Empty if the layout
    /// does not tell which context a module is of (before .NET 8).
    pub fn load_contexts(&self) -> Vec<LoadContext> {
        if self.layout().offset("AssemblyBinder", "AssemblyLoadContext").is_none() {
            return Vec::new();
        }
        let mut found: Vec<LoadContext> = Vec::new();
        let mut places: BTreeMap<Option<VirtAddr>, usize> = BTreeMap::new();
        for module in self.modules().iter() {
            let object = module.load_context();
            let place = *places.entry(object).or_insert_with(|| {
                found.push(self.load_context(object));
                found.len() - 1
            });
            if let Some(context) = found.get_mut(place) {
                context.modules.push(module.address());
            }
        }
        found
    }

    fn load_context(&self, address: Option<VirtAddr>) -> LoadContext {
        let types = self.types().ok();
        let object = types.zip(address).and_then(|(types, at)| types.object(at).ok());
        let field = |name: &str| object.as_ref()?.field(name);
        let type_name = object.as_ref().map(|object| object.ty().name().to_owned());
        let name = field("_name").and_then(|name| name.as_str()).map(|name| name.to_string());
        let is_default = address.is_none()
            || type_name.as_deref() == Some("System.Runtime.Loader.DefaultAssemblyLoadContext");
        LoadContext {
            object: address,
            name: name.or_else(|| is_default.then(|| "Default".to_owned())),
            type_name,
            id: field("_id").and_then(|id| id.as_i64()).and_then(|id| u64::try_from(id).ok()),
            is_collectible: field("_isCollectible").and_then(|flag| flag.as_bool()) == Some(true),
            modules: Vec::new(),
        }
    }
}
