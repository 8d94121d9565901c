//! One dynamic assembly.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{DynamicAssembly, DynamicOrigin, Grouped, Unloading};
use clrscope_clr::{LoadContext, Runtime};
use serde::Serialize;

use crate::assembly_entry::{AssemblyBytes, AssemblyModule, context_name, held_by, unloading_name};
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::rows::{Cell, Rows};

/// A dynamic assembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssemblyRow {
    /// Address of the runtime's record of it.
    pub address: Option<Address>,
    /// Its simple name.
    pub name: String,
    /// Always: it was made at run time.
    pub dynamic: bool,
    /// `emitted` or `loaded from bytes`.
    pub origin: &'static str,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Its load context, if that is known.
    pub alc: Option<String>,
    /// Its modules: always one.
    pub modules: Vec<AssemblyModule>,
    /// How many types it declares.
    pub types: u64,
    /// The first few of them.
    pub sample_types: Vec<String>,
    /// Its bytes.
    pub bytes: AssemblyBytes,
    /// `never`, `held`, `unreachable`, `unloading` or `unknown`: whether it goes away.
    pub unloads: &'static str,
    /// What keeps one that could be unloaded: the root, and the type of the object that leads to it.
    pub held_by: Option<String>,
    /// The managed object of the loader allocator that one hangs on which is held.
    pub loader_allocator: Option<Address>,
}

pub(super) const fn origin_name(origin: DynamicOrigin) -> &'static str {
    match origin {
        DynamicOrigin::Emitted => "emitted",
        DynamicOrigin::LoadedFromBytes => "loaded from bytes",
    }
}

impl AssemblyRow {
    pub(super) fn new(
        assembly: &DynamicAssembly,
        runtime: &Runtime<'_>,
        contexts: &[LoadContext],
    ) -> AssemblyRow {
        let module = runtime.modules().at(assembly.module);
        let modules =
            AssemblyModule { address: assembly.module.into(), name: assembly.module_name.clone() };
        AssemblyRow {
            address: assembly.assembly.map(Address::from),
            name: assembly.name.clone(),
            dynamic: true,
            origin: origin_name(assembly.origin),
            collectible: assembly.collectible,
            alc: module.and_then(|module| context_name(&module, contexts)),
            modules: vec![modules],
            types: assembly.types,
            sample_types: assembly.sample_types.clone(),
            bytes: AssemblyBytes {
                metadata: assembly.metadata_bytes,
                image: assembly.image_bytes,
                loader: assembly.loader_bytes,
                code: assembly.code_bytes,
            },
            unloads: unloading_name(&assembly.unloading),
            held_by: held_by(&assembly.unloading),
            loader_allocator: match assembly.unloading {
                Unloading::Held { object, .. } => Some(object.into()),
                _ => None,
            },
        }
    }
}

/// The assemblies as a table.
pub(super) fn text(assemblies: &[AssemblyRow], page: &mut Page<'_>) -> io::Result<()> {
    let style = page.style();
    let mut table = Columns::new(&[
        ("Assembly", Align::Left),
        ("Types", Align::Right),
        ("Metadata", Align::Right),
        ("Image", Align::Right),
        ("Loader", Align::Right),
        ("Code", Align::Right),
        ("Unloads", Align::Left),
        ("Module", Align::Left),
        ("Name", Align::Left),
    ]);
    for row in assemblies {
        let address = row.address.map(|address| style.address(address.into()).to_string());
        let module = row.modules.first().map(|module| style.address(module.address.into()));
        table.row([
            &address.unwrap_or_default() as &dyn Display,
            &Grouped(row.types),
            &Grouped(row.bytes.metadata),
            &Grouped(row.bytes.image),
            &Grouped(row.bytes.loader),
            &Grouped(row.bytes.code),
            &row.unloads,
            &module.map(|module| module.to_string()).unwrap_or_default(),
            &Escaped(&row.name),
        ]);
    }
    table.write(page)
}

/// The assemblies as rows.
pub(super) fn rows(assemblies: &[AssemblyRow], rows: &mut Rows<'_>) -> io::Result<()> {
    rows.header(&[
        "address",
        "module",
        "name",
        "origin",
        "collectible",
        "alc",
        "types",
        "metadata",
        "image",
        "loader",
        "code",
        "unloads",
        "held_by",
    ])?;
    for row in assemblies {
        rows.row(&[
            row.address.map_or(Cell::Empty, Cell::from),
            row.modules.first().map_or(Cell::Empty, |module| module.address.into()),
            Cell::Text(&row.name),
            Cell::Text(row.origin),
            Cell::Flag(row.collectible),
            Cell::optional(row.alc.as_deref()),
            Cell::Number(row.types),
            Cell::Number(row.bytes.metadata),
            Cell::Number(row.bytes.image),
            Cell::Number(row.bytes.loader),
            Cell::Number(row.bytes.code),
            Cell::Text(row.unloads),
            Cell::optional(row.held_by.as_deref()),
        ])?;
    }
    Ok(())
}
