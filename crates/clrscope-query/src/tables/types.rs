//! `types`: the types that have objects.

use clrscope_clr::{TypeCategory, TypeId};

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, flag, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "types",
    about: "Every type that has objects on the heap.",
    columns: COLUMNS,
    usual_rows: 5_000,
};

const COLUMNS: &[Column] = &[
    address("mt", "its method table").found_by(Lookup::Equal),
    text("name", "its name").found_by(Lookup::Equal),
    text("assembly", "the assembly that declares it; of arrays, that of the element"),
    text("category", "`class`, `struct`, `enum`, `array`, `primitive`, `nullable` or `interface`"),
    text("base", "the name of the type that it is derived from"),
    address("base_mt", "the method table of that type"),
    address("module", "the runtime's record of the module that declares it"),
    integer("base_size", "bytes of an object without elements"),
    integer("component_size", "bytes of an element, of arrays and strings; otherwise 0"),
    flag("finalizable", "whether it has a finalizer"),
    flag("collectible", "whether it can be unloaded"),
    flag("free", "whether its objects are the gaps between others"),
    integer("count", "how many objects it has"),
    integer("bytes", "the sum of their sizes"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let objects = shelf.objects()?;
    let labels = shelf.labels()?;
    let types = shelf.runtime().types().ok();
    let row = |((id, info), stats): ((TypeId, &clrscope_clr::MethodTableInfo), _)| {
        let stats: &clrscope_clr::TypeStats = stats;
        let ty = types.and_then(|types| types.get(info.address));
        let base = ty.as_ref().and_then(|ty| ty.base());
        let module = ty.as_ref().and_then(|ty| ty.module());
        vec![
            info.address.into(),
            labels.name(id).to_owned().into(),
            Cell::optional(labels.assembly(id).map(str::to_owned)),
            Cell::optional(ty.as_ref().map(|ty| match ty.category() {
                _ if ty.is_enum() => "enum",
                category => category_name(category),
            })),
            Cell::optional(base.as_ref().map(|base| base.name_in(shelf.source.style))),
            Cell::optional(base.as_ref().map(|base| base.method_table())),
            Cell::optional(module.map(|module| module.address())),
            info.base_size.into(),
            info.component_size.into(),
            Cell::optional(ty.as_ref().map(|ty| ty.has_finalizer())),
            Cell::optional(ty.as_ref().map(|ty| ty.is_collectible())),
            info.is_free.into(),
            stats.count.into(),
            stats.bytes.into(),
        ]
    };
    Ok(objects.types().iter().zip(objects.histogram()).map(row).collect())
}

fn category_name(category: TypeCategory) -> &'static str {
    match category {
        TypeCategory::Class => "class",
        TypeCategory::Interface => "interface",
        TypeCategory::ValueType => "struct",
        TypeCategory::Nullable => "nullable",
        TypeCategory::PrimitiveValueType | TypeCategory::Primitive => "primitive",
        TypeCategory::Vector | TypeCategory::Array => "array",
    }
}
