//! `objects`: the heap, object by object.

use clrscope_analyze::GenerationFilter;
use clrscope_memory::Progress;

use super::{Heap, STRIDE};
use crate::definition::{ColumnKind, Definition, column, optional};
use crate::error::ExportError;
use crate::sheet::{Cell, Sheet};

pub(super) const DEFINITION: Definition = Definition {
    name: "objects",
    about: "Every object of the heap, the gaps between objects among them, in order of address.",
    columns: &[
        column("address", ColumnKind::U64, "where the object begins"),
        column("mt", ColumnKind::U64, "its method table"),
        column("type", ColumnKind::Text, "the name of its type; `Free` for gaps"),
        optional("assembly", ColumnKind::Text, "the assembly that declares the type"),
        column("bytes", ColumnKind::U64, "its size"),
        column("generation", ColumnKind::Text, "`gen0`, `gen1`, `gen2`, `loh`, `poh` or `frozen`"),
        column("heap", ColumnKind::U32, "the number of its heap"),
        column("free", ColumnKind::Bool, "whether it is a gap"),
    ],
};

pub(super) fn write(heap: &Heap<'_, '_>, sheet: &mut Sheet) -> Result<(), ExportError> {
    let objects = heap.objects;
    let total = objects.total().count;
    let mut done = 0;
    for (index, segment) in objects.heap().segments().iter().enumerate() {
        for object in objects.iter_segment(index) {
            if u64::is_multiple_of(done, STRIDE) {
                heap.control.tick(Progress { phase: "exporting objects", done, total })?;
            }
            done += 1;
            let Some(info) = objects.types().get(object.ty) else { continue };
            sheet.row(&[
                Cell::U64(object.address.0),
                Cell::U64(info.address.0),
                Cell::Text(heap.labels.name(object.ty)),
                Cell::optional_text(heap.labels.assembly(object.ty)),
                Cell::U64(object.size),
                Cell::Text(GenerationFilter::of(segment, object.address).name()),
                Cell::U32(segment.heap),
                Cell::Bool(info.is_free),
            ])?;
        }
    }
    Ok(())
}
