//! `assemblies`, `dumpassembly`: what was loaded.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::sync::Arc;

use clrscope_analyze::{DynamicOrigin, Grouped, Unloading};
use clrscope_clr::{LoadContext, LoaderShares, Module, Runtime};
use clrscope_image::TableId;
use clrscope_memory::{Snapshot, VirtAddr};
use serde::Serialize;

use crate::assembly_entry::{
    AssemblyBytes, AssemblyModule, context_name, held_by, module_name, unloading_name,
};
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// An assembly.
#[derive(Debug, Clone, Serialize)]
pub struct AssemblyRow {
    /// Address of the runtime's record of it.
    pub address: Option<Address>,
    /// Path of its file; of an emitted one, its name.
    pub name: String,
    /// What it is called in full, as its metadata says.
    pub display_name: Option<String>,
    /// Whether it was made at run time.
    pub dynamic: bool,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// `never`, `held`, `unreachable`, `unloading` or `unknown`: whether it goes away.
    pub unloads: &'static str,
    /// What keeps one that could be unloaded: the root, and the type of the object that leads to it.
    pub held_by: Option<String>,
    /// Its load context, if that is known.
    pub alc: Option<String>,
    /// Its domain.
    pub domain: Option<Address>,
    /// Its modules: nearly always one.
    pub modules: Vec<AssemblyModule>,
    /// How many types it declares.
    pub types: u64,
    /// Its bytes.
    pub bytes: AssemblyBytes,
}

/// The answer of `assemblies` and of `dumpassembly`.
#[derive(Debug, Clone, Serialize)]
pub struct AssemblyList {
    /// The assemblies, in the order in which they were loaded.
    pub assemblies: Vec<AssemblyRow>,
    #[serde(skip)]
    is_list: bool,
}

impl AssemblyList {
    /// Says what a runtime has loaded; only the assembly whose record is at `only`, if that is given.
    pub fn new(
        runtime: &Runtime<'_>,
        shares: &LoaderShares,
        only: Option<VirtAddr>,
    ) -> AssemblyList {
        let contexts = runtime.load_contexts();
        let mut places: BTreeMap<VirtAddr, usize> = BTreeMap::new();
        let mut assemblies: Vec<AssemblyRow> = Vec::new();
        for module in runtime.modules().iter() {
            let address = module.assembly().unwrap_or(module.address());
            if only.is_some_and(|only| only != address) {
                continue;
            }
            let domain = runtime
                .modules()
                .domains()
                .iter()
                .find(|domain| domain.modules.contains(&module.address()));
            let place = *places.entry(address).or_insert_with(|| {
                let domain = domain.map(|domain| domain.address.into());
                assemblies.push(AssemblyRow::new(module, runtime.snapshot(), &contexts, domain));
                assemblies.len() - 1
            });
            if let Some(row) = assemblies.get_mut(place) {
                row.add(module, shares);
            }
        }
        AssemblyList { assemblies, is_list: only.is_none() }
    }

    /// Whether any of them can be unloaded.
    pub fn has_collectible(&self) -> bool {
        self.assemblies.iter().any(|assembly| assembly.collectible)
    }

    /// Adds what keeps those that can be unloaded, by their modules.
    pub fn add_keepers(&mut self, keepers: &BTreeMap<VirtAddr, Unloading>) {
        for row in self.assemblies.iter_mut().filter(|assembly| assembly.collectible) {
            let mut modules = row.modules.iter().map(|module| module.address.into());
            if let Some(keeper) = modules.find_map(|module| keepers.get(&module)) {
                row.unloads = unloading_name(keeper);
                row.held_by = held_by(keeper);
            }
        }
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.assemblies.is_empty()
    }
}

impl AssemblyRow {
    fn new(
        module: &Arc<Module<'_>>,
        snapshot: &Snapshot<'_>,
        contexts: &[LoadContext],
        domain: Option<Address>,
    ) -> AssemblyRow {
        let metadata = module.metadata();
        let full = metadata.as_ref().and_then(|metadata| metadata.assembly_name());
        AssemblyRow {
            address: module.assembly().map(Address::from),
            name: module_name(module),
            display_name: full.map(|name| name.to_string()),
            dynamic: DynamicOrigin::of(module, snapshot).is_some(),
            collectible: module.is_collectible(),
            unloads: if module.is_collectible() { "unknown" } else { "never" },
            held_by: None,
            alc: context_name(module, contexts),
            domain,
            modules: Vec::new(),
            types: 0,
            bytes: AssemblyBytes::default(),
        }
    }

    /// The last part of its path.
    pub fn file_name(&self) -> &str {
        clrscope_memory::file_name(&self.name)
    }

    fn add(&mut self, module: &Module<'_>, shares: &LoaderShares) {
        let types = module.metadata().map_or(0, |data| data.row_count(TableId::TypeDef));
        // The first row holds global members and is no type.
        self.types += u64::from(types.saturating_sub(1));
        self.bytes.metadata += module.metadata_bytes().map_or(0, |bytes| bytes.len() as u64);
        self.bytes.image += module.image().map_or(0, |image| image.size);
        if let Some(share) = shares.modules.get(&module.address()) {
            self.bytes.loader += share.loader;
            self.bytes.code += share.code;
        }
        let module = AssemblyModule { address: module.address().into(), name: module_name(module) };
        self.modules.push(module);
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let address = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => "-".to_owned(),
        };
        writeln!(page, "Assembly:           {}", address(self.address))?;
        writeln!(page, "Parent Domain:      {}", address(self.domain))?;
        writeln!(page, "Name:               {}", Escaped(&self.name))?;
        if let Some(name) = &self.display_name {
            writeln!(page, "Full name:          {}", Escaped(name))?;
        }
        if let Some(alc) = &self.alc {
            writeln!(page, "Load context:       {}", Escaped(alc))?;
        }
        writeln!(page, "Dynamic:            {}", if self.dynamic { "yes" } else { "no" })?;
        writeln!(page, "Collectible:        {}", if self.collectible { "yes" } else { "no" })?;
        if self.collectible {
            writeln!(page, "Unloads:            {}", self.unloads)?;
        }
        if let Some(holder) = &self.held_by {
            writeln!(page, "Held by:            {}", Escaped(holder))?;
        }
        writeln!(page, "Types:              {}", Grouped(self.types))?;
        writeln!(
            page,
            "Bytes:              metadata {}, image {}, loader heaps {}, jitted code {}",
            Grouped(self.bytes.metadata),
            Grouped(self.bytes.image),
            Grouped(self.bytes.loader),
            Grouped(self.bytes.code)
        )?;
        writeln!(page, "  Module")?;
        for module in &self.modules {
            let name = Escaped(&module.name);
            writeln!(page, "  {}    {name}", style.address(module.address.into()))?;
        }
        Ok(())
    }
}

impl Report for AssemblyList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if !self.is_list {
            return self.assemblies.iter().try_for_each(|assembly| assembly.text(page));
        }
        let style = page.style();
        let mut table = Columns::new(&[
            ("Assembly", Align::Left),
            ("Types", Align::Right),
            ("Metadata", Align::Right),
            ("Loader", Align::Right),
            ("Code", Align::Right),
            ("Dynamic", Align::Left),
            ("Unloads", Align::Left),
            ("Context", Align::Left),
            ("Name", Align::Left),
        ]);
        for row in &self.assemblies {
            let address = row.address.map(|address| style.address(address.into()).to_string());
            let yes = |flag: bool| if flag { "yes" } else { "no" };
            table.row([
                &address.unwrap_or_default() as &dyn Display,
                &Grouped(row.types),
                &Grouped(row.bytes.metadata),
                &Grouped(row.bytes.loader),
                &Grouped(row.bytes.code),
                &yes(row.dynamic),
                &row.unloads,
                &Escaped(row.alc.as_deref().unwrap_or("-")),
                &Escaped(&row.name),
            ]);
        }
        table.write(page)?;
        writeln!(page, "{} assemblies", Grouped(self.assemblies.len() as u64))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "address",
            "name",
            "dynamic",
            "collectible",
            "unloads",
            "held_by",
            "alc",
            "types",
            "metadata",
            "image",
            "loader",
            "code",
        ])?;
        for row in &self.assemblies {
            rows.row(&[
                row.address.map_or(Cell::Empty, Cell::from),
                Cell::Text(&row.name),
                Cell::Flag(row.dynamic),
                Cell::Flag(row.collectible),
                Cell::Text(row.unloads),
                Cell::optional(row.held_by.as_deref()),
                Cell::optional(row.alc.as_deref()),
                Cell::Number(row.types),
                Cell::Number(row.bytes.metadata),
                Cell::Number(row.bytes.image),
                Cell::Number(row.bytes.loader),
                Cell::Number(row.bytes.code),
            ])?;
        }
        Ok(())
    }
}
