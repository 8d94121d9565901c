//! `assemblies`: what the runtime has loaded, and what the program made.

use clrscope_analyze::{DynamicOrigin, dynamic_assemblies};
use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, flag, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "assemblies",
    about: "Every managed module, with its assembly; those that the process made while it ran among them.",
    columns: COLUMNS,
    usual_rows: 500,
};

const COLUMNS: &[Column] = &[
    address("module", "the runtime's record of the module").found_by(Lookup::Equal),
    address("assembly", "the runtime's record of the assembly"),
    text("name", "its simple name").found_by(Lookup::Equal),
    text("path", "the path of its file"),
    flag("dynamic", "whether the process made it while it ran"),
    text("origin", "of a dynamic one, `emitted` or `bytes`: how it came about"),
    flag("collectible", "whether it can be unloaded"),
    address("load_context", "its load context, if it is not the default one"),
    address("image_base", "the first byte of its image"),
    integer("image_bytes", "bytes of its image"),
    integer("metadata_bytes", "bytes of its metadata"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let modules = shelf.runtime().modules();
    shelf.add_issues(modules.issues().clone());
    let made = dynamic_assemblies(modules, shelf.runtime().snapshot());
    let made: FxHashMap<VirtAddr, _> =
        made.assemblies.into_iter().map(|assembly| (assembly.module, assembly)).collect();
    let rows = modules.iter().map(|module| {
        let made = made.get(&module.address());
        let name = made.map_or(module.simple_name(), |made| &made.name);
        vec![
            module.address().into(),
            Cell::optional(module.assembly()),
            name.to_owned().into(),
            Cell::optional(module.path().map(str::to_owned)),
            made.is_some().into(),
            Cell::optional(made.map(|made| match made.origin {
                DynamicOrigin::Emitted => "emitted",
                DynamicOrigin::LoadedFromBytes => "bytes",
            })),
            module.is_collectible().into(),
            Cell::optional(module.load_context()),
            Cell::optional(module.image().map(|image| image.base)),
            Cell::optional(module.image().map(|image| image.size)),
            Cell::optional(module.metadata_bytes().map(<[u8]>::len)),
        ]
    });
    Ok(rows.collect())
}
