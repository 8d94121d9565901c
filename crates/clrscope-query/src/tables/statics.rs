//! `statics`: static fields with their values.

use clrscope_analyze::{StaticValue, for_each_static};
use clrscope_memory::Issues;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "statics",
    about: "Every static field of every loaded type; thread statics once for each thread that uses them.",
    columns: COLUMNS,
    usual_rows: 20_000,
};

const COLUMNS: &[Column] = &[
    address("mt", "the method table of the type that declares the field").found_by(Lookup::Equal),
    text("type", "the name of that type").found_by(Lookup::Equal),
    text("name", "the field's name"),
    text("kind", "`static` or `threadstatic`"),
    integer("thread", "of a thread static, the thread by the operating system's number"),
    address("address", "where the value is; null if it was never made"),
    address("object", "the object that it refers to").found_by(Lookup::Equal),
    text("value", "the value as people read it"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let mut rows = Vec::new();
    let mut issues = Issues::new();
    let style = shelf.source.style;
    let visit = |found: StaticValue<'_, '_, '_>| {
        let object = found.value.and_then(|value| value.reference());
        rows.push(vec![
            found.ty.method_table().into(),
            found.ty.name_in(style).into(),
            found.field.name().to_owned().into(),
            if found.thread.is_some() { "threadstatic" } else { "static" }.into(),
            Cell::optional(found.thread.map(|thread| thread.os_id)),
            Cell::optional(found.value.map(|value| value.address())),
            Cell::optional(object.filter(|object| !object.is_null())),
            Cell::optional(found.text(style)),
        ]);
    };
    for_each_static(shelf.runtime(), |_| true, visit, &mut issues, shelf.control())?;
    shelf.add_issues(issues);
    Ok(rows)
}
