//! `modules`: the images in the process.

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "modules",
    about: "Every image that is loaded in the process, native ones among them.",
    columns: COLUMNS,
    usual_rows: 200,
};

const COLUMNS: &[Column] = &[
    address("base", "its first byte").found_by(Lookup::Equal),
    integer("bytes", "bytes that it takes"),
    text("name", "the name of its file").found_by(Lookup::Equal),
    text("path", "its path, as the process knew it"),
    text("version", "the version of its file"),
    integer("timestamp", "the time stamp of its header, which with the size identifies it"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let modules = shelf.runtime().snapshot().modules.iter();
    let row = |module: &clrscope_memory::ModuleRecord| {
        vec![
            module.base.into(),
            module.size.into(),
            module.file_name().to_owned().into(),
            module.name.clone().into(),
            Cell::optional(module.version.map(|version| version.to_string())),
            module.timestamp.into(),
        ]
    };
    Ok(modules.map(row).collect())
}
