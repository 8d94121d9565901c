//! `references`: who refers to whom.

use clrscope_graph::ObjectId;
use clrscope_memory::Progress;

use super::{Heap, STRIDE};
use crate::definition::{ColumnKind, Definition, column};
use crate::error::ExportError;
use crate::sheet::{Cell, Sheet};

pub(super) const DEFINITION: Definition = Definition {
    name: "references",
    about: "Every reference from one object to another, by the address of the source. The arrays in which \
            the runtime keeps statics are left out: their elements are roots.",
    columns: &[
        column("source", ColumnKind::U64, "the object that refers"),
        column("target", ColumnKind::U64, "the object that it refers to"),
        column(
            "dependent",
            ColumnKind::Bool,
            "whether no field refers to it, but a dependent handle whose first object is the source",
        ),
    ],
};

pub(super) fn write(heap: &Heap<'_, '_>, sheet: &mut Sheet) -> Result<(), ExportError> {
    let Some(heap_graph) = heap.graph else { return Ok(()) };
    let (map, graph) = (heap_graph.map(), heap_graph.graph());
    let total = u64::from(graph.nodes());
    for (id, source) in map.iter_ids(0..graph.nodes()) {
        if u64::from(id.0).is_multiple_of(STRIDE) {
            let done = u64::from(id.0);
            heap.control.tick(Progress { phase: "exporting references", done, total })?;
        }
        let mut row = |target: ObjectId, is_dependent| match map.address(target) {
            Some(target) => {
                sheet.row(&[Cell::U64(source), Cell::U64(target), Cell::Bool(is_dependent)])
            }
            None => Ok(()),
        };
        graph.references(id).iter().try_for_each(|&target| row(target, false))?;
        graph.values(id).iter().try_for_each(|&target| row(target, true))?;
    }
    Ok(())
}
