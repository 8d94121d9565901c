//! `handles`: the handles of the garbage collector.

use clrscope_analyze::handle_list;
use clrscope_memory::Issues;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, flag, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "handles",
    about: "Every handle of the garbage collector that refers to an object, in order of address.",
    columns: COLUMNS,
    usual_rows: 5_000,
};

const COLUMNS: &[Column] = &[
    address("address", "the handle").found_by(Lookup::Equal),
    text("kind", "`Strong`, `Pinned`, `WeakShort`, `WeakLong`, `Dependent`, ..."),
    flag("strong", "whether it keeps its object alive by itself"),
    address("object", "its object").found_by(Lookup::Equal),
    text("type", "the name of the object's type"),
    integer("bytes", "the size of the object"),
    address("dependent", "the second object of a dependent handle").found_by(Lookup::Equal),
    text("dependent_type", "the name of that object's type"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let objects = shelf.objects()?;
    let labels = shelf.labels()?;
    let mut issues = Issues::new();
    let handles = handle_list(objects, None, &mut issues);
    shelf.add_issues(issues);
    let rows = handles.into_iter().map(|entry| {
        let name = |object: Option<clrscope_clr::Object>| {
            Cell::optional(object.map(|object| labels.name(object.ty).to_owned()))
        };
        vec![
            entry.handle.address.into(),
            entry.handle.kind.name().into(),
            entry.handle.kind.is_root().into(),
            entry.handle.object.into(),
            name(entry.object),
            Cell::optional(entry.object.map(|object| object.size)),
            Cell::optional(entry.handle.dependent),
            name(entry.dependent),
        ]
    });
    Ok(rows.collect())
}
