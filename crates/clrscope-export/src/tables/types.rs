//! `types`: the types that have objects.

use super::Heap;
use crate::definition::{ColumnKind, Definition, column, optional};
use crate::error::ExportError;
use crate::sheet::{Cell, Sheet};

pub(super) const DEFINITION: Definition = Definition {
    name: "types",
    about: "Every type that has objects on the heap.",
    columns: &[
        column("mt", ColumnKind::U64, "its method table"),
        column("name", ColumnKind::Text, "its name"),
        optional("assembly", ColumnKind::Text, "the assembly that declares it"),
        column("base_size", ColumnKind::U32, "bytes of an object without elements"),
        column(
            "component_size",
            ColumnKind::U32,
            "bytes of an element, of arrays and strings; otherwise 0",
        ),
        column("free", ColumnKind::Bool, "whether its objects are the gaps between others"),
        column("count", ColumnKind::U64, "how many objects it has"),
        column("bytes", ColumnKind::U64, "the sum of their sizes"),
    ],
};

pub(super) fn write(heap: &Heap<'_, '_>, sheet: &mut Sheet) -> Result<(), ExportError> {
    for ((id, info), stats) in heap.objects.types().iter().zip(heap.objects.histogram()) {
        sheet.row(&[
            Cell::U64(info.address.0),
            Cell::Text(heap.labels.name(id)),
            Cell::optional_text(heap.labels.assembly(id)),
            Cell::U32(info.base_size),
            Cell::U32(info.component_size),
            Cell::Bool(info.is_free),
            Cell::U64(stats.count),
            Cell::U64(stats.bytes),
        ])?;
    }
    Ok(())
}
