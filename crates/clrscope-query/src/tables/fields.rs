//! `fields`: the fields of the types that have objects.

use clrscope_clr::{Field, FieldKind, Type};

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "fields",
    about: "Every field of every type that has objects on the heap, inherited ones among them.",
    columns: COLUMNS,
    usual_rows: 50_000,
};

const COLUMNS: &[Column] = &[
    address("mt", "the method table of the type").found_by(Lookup::Equal),
    text("type", "the name of the type").found_by(Lookup::Equal),
    text("name", "the field's name"),
    text("kind", "`instance`, `static`, `threadstatic`, `rva` or `literal`"),
    integer("offset", "of an instance field, bytes behind the method table pointer"),
    integer("bytes", "bytes that its value takes"),
    text("field_type", "the name of the field's type"),
    address("declared_by", "the method table of the type that declares it"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let objects = shelf.objects()?;
    let labels = shelf.labels()?;
    let types =
        shelf.runtime().types().map_err(|error| QueryError::Unavailable(error.to_string()))?;
    let mut rows = Vec::new();
    for (id, info) in objects.types().iter() {
        shelf.control().check()?;
        let Some(ty) = types.get(info.address) else { continue };
        let name = labels.name(id);
        let instance = ty.fields().iter().filter(|field| field.kind() == FieldKind::Instance);
        let others = ty.own_fields().iter().filter(|field| field.kind() != FieldKind::Instance);
        rows.extend(instance.chain(others).map(|field| row(shelf, &ty, name, field)));
    }
    Ok(rows)
}

fn row(shelf: &Shelf<'_, '_>, ty: &Type<'_, '_>, name: &str, field: &Field) -> Row {
    let kind = match field.kind() {
        FieldKind::Instance => "instance",
        FieldKind::Static => "static",
        FieldKind::ThreadStatic => "threadstatic",
        FieldKind::Rva => "rva",
        FieldKind::Literal => "literal",
    };
    vec![
        ty.method_table().into(),
        name.to_owned().into(),
        field.name().to_owned().into(),
        kind.into(),
        Cell::optional(field.offset()),
        Cell::optional(field.size()),
        field.type_name().to_string_in(shelf.source.style).into(),
        field.declaring_type().into(),
    ]
}
