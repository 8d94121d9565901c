//! `dumpalc`: load contexts.

use std::io;

use clrscope_clr::{LoadContext, Runtime};
use serde::Serialize;

use crate::assembly_entry::{AssemblyModule, module_name};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A load context.
#[derive(Debug, Clone, Serialize)]
pub struct ContextRow {
    /// Address of its managed object; absent for the default one, if the program never asked for it.
    pub address: Option<Address>,
    /// Its name, or if it has none, its type and number.
    pub name: String,
    /// The type of its object.
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Its modules.
    pub modules: Vec<AssemblyModule>,
}

/// The answer of `dumpalc`.
#[derive(Debug, Clone, Serialize)]
pub struct LoadContexts {
    /// The contexts, in the order in which they first loaded something.
    pub contexts: Vec<ContextRow>,
}

impl LoadContexts {
    /// Says what load contexts there are.
    pub fn new(runtime: &Runtime<'_>, contexts: &[LoadContext]) -> LoadContexts {
        let row = |context: &LoadContext| ContextRow {
            address: context.object.map(Address::from),
            name: context.title(),
            ty: context.type_name.clone(),
            collectible: context.is_collectible,
            modules: context
                .modules
                .iter()
                .filter_map(|&address| runtime.modules().at(address))
                .map(|module| AssemblyModule {
                    address: module.address().into(),
                    name: module_name(&module),
                })
                .collect(),
        };
        LoadContexts { contexts: contexts.iter().map(row).collect() }
    }
}

impl Report for LoadContexts {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        for context in &self.contexts {
            let name = Escaped(&context.name).to_string();
            page.heading(&format!("AssemblyLoadContext {name}"))?;
            let address = match context.address {
                Some(address) => style.address(address.into()).to_string(),
                None => "not made".to_owned(),
            };
            writeln!(page, "Object:       {address}")?;
            writeln!(page, "Type:         {}", Escaped(context.ty.as_deref().unwrap_or("-")))?;
            let unloads = if context.collectible { "yes" } else { "no" };
            writeln!(page, "Collectible:  {unloads}")?;
            writeln!(page, "Modules:      {}", Grouped(context.modules.len() as u64))?;
            for module in &context.modules {
                let name = Escaped(&module.name);
                writeln!(page, "  {}    {name}", style.address(module.address.into()))?;
            }
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "name", "type", "collectible", "modules"])?;
        for context in &self.contexts {
            rows.row(&[
                context.address.map_or(Cell::Empty, Cell::from),
                Cell::Text(&context.name),
                Cell::optional(context.ty.as_deref()),
                Cell::Flag(context.collectible),
                Cell::Number(context.modules.len() as u64),
            ])?;
        }
        Ok(())
    }
}
