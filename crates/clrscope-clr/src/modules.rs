//! Application domains, assemblies and modules of a runtime.
//!
//! The runtime keeps them as `AppDomain` → list of `DomainAssembly` → `Assembly` → `Module`; a module
//! has its image and its metadata. A module that is in no list any more (its load context is being
//! unloaded) can still be alive: whatever refers to it finds it by its address.

mod array_list;
mod domain;
mod image;
mod lookup_map;
mod module;
mod offsets;
mod read;
mod type_table;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use clrscope_image::PeImage;
use clrscope_memory::{AddressSpace, Issues, Rva, VirtAddr};

pub use self::domain::{AppDomain, DomainKind};
pub use self::module::{MetadataOrigin, Module, ModuleImage, ModuleMetadataRef};
pub(crate) use self::offsets::ModuleOffsets;
use crate::layout::{Globals, Layout};

/// The modules of a runtime, and the domains that list them.
pub struct Modules<'data> {
    space: AddressSpace<'data>,
    offsets: ModuleOffsets,
    domains: Vec<AppDomain>,
    listed: Vec<Arc<Module<'data>>>,
    by_address: BTreeMap<VirtAddr, usize>,
    // Modules that are in no list, by address; `None` for addresses that hold no module.
    unlisted: RwLock<BTreeMap<VirtAddr, Option<Arc<Module<'data>>>>>,
    issues: Issues,
}

impl<'data> Modules<'data> {
    /// Reads the lists of a runtime. What cannot be read is an issue; the rest is there.
    pub(crate) fn read(
        space: &AddressSpace<'data>,
        layout: &Layout,
        globals: &Globals,
    ) -> Modules<'data> {
        let offsets = ModuleOffsets::new(space.target(), layout, globals);
        let mut issues = Issues::new();
        let found = domain::read_domains(space, layout, globals, &mut issues);
        let mut listed = Vec::new();
        let mut by_address = BTreeMap::new();
        for &address in found.iter().flat_map(|domain| &domain.modules) {
            by_address.entry(address).or_insert_with(|| {
                listed.push(Arc::new(read::read_module(space, &offsets, address, &mut issues)));
                listed.len() - 1
            });
        }
        Modules {
            space: space.clone(),
            offsets,
            domains: found,
            listed,
            by_address,
            unlisted: RwLock::new(BTreeMap::new()),
            issues,
        }
    }

    /// The domains: the system domain and the shared domain, where the runtime has them, and those of
    /// the application.
    pub fn domains(&self) -> &[AppDomain] {
        &self.domains
    }

    /// All modules that a domain lists, each once, in the order in which they were loaded.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Module<'data>>> {
        self.listed.iter()
    }

    /// How many modules the domains list.
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether the domains list none.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// The module whose structure is at `address`, whether or not it is listed. `None` if there is
    /// nothing that could be one.
    pub fn at(&self, address: VirtAddr) -> Option<Arc<Module<'data>>> {
        if let Some(&index) = self.by_address.get(&address) {
            return self.listed.get(index).cloned();
        }
        if let Ok(unlisted) = self.unlisted.read()
            && let Some(known) = unlisted.get(&address)
        {
            return known.clone();
        }
        let module = read::is_module(&self.space, &self.offsets, address).then(|| {
            Arc::new(read::read_module(&self.space, &self.offsets, address, &mut Issues::new()))
        });
        if let Ok(mut unlisted) = self.unlisted.write()
            && unlisted.len() < clrscope_memory::limits::MAX_LIST
        {
            unlisted.insert(address, module.clone());
        }
        module
    }

    /// The first listed module of an assembly of this simple name, such as `System.Private.CoreLib`.
    /// Names of assemblies do not depend on case.
    pub fn by_assembly_name(&self, name: &str) -> Option<&Arc<Module<'data>>> {
        self.listed.iter().find(|module| module.simple_name().eq_ignore_ascii_case(name))
    }

    /// What was wrong with the lists and the modules in them.
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// The method table of a type that a module declares, by the row of its TypeDef; of a generic type,
    /// the open one. `None` if the program has not loaded the type.
    pub fn type_def(&self, module: &Module<'data>, rid: u32) -> Option<VirtAddr> {
        module.type_defs?.get(&self.space, rid)
    }

    /// The address of a byte of a module's image.
    pub fn image_address(&self, module: &Module<'data>, rva: u32) -> Option<VirtAddr> {
        let image = PeImage::from_memory(&self.space, module.image()?.base).ok()?;
        image.address(Rva(rva))
    }

    /// Handles of the types that were constructed from those of a module: generic instantiations,
    /// arrays, pointers, whether or not there are objects of them.
    pub fn constructed_types(&self, module: &Module<'data>) -> Vec<VirtAddr> {
        type_table::constructed_types(&self.space, &self.offsets, module)
    }

    /// The handles of the constructed types that the module's native image brought along (.NET Core 2.x),
    /// whether the program uses them or not.
    pub(crate) fn precompiled_types(&self, module: &Module<'data>) -> Vec<VirtAddr> {
        type_table::precompiled_types(&self.space, &self.offsets, module)
    }
}

impl fmt::Debug for Modules<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Modules")
            .field("domains", &self.domains)
            .field("listed", &self.listed.len())
            .finish_non_exhaustive()
    }
}
