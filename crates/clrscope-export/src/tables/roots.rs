//! `roots`: what keeps objects alive and is no object itself.

use clrscope_analyze::RootLabeler;

use super::Heap;
use crate::definition::{ColumnKind, Definition, column, optional};
use crate::error::ExportError;
use crate::sheet::{Cell, Sheet};

pub(super) const DEFINITION: Definition = Definition {
    name: "roots",
    about: "Every root: what keeps an object alive and is no object itself.",
    columns: &[
        column("address", ColumnKind::U64, "where the reference is; 0 if it is in a register"),
        column(
            "kind",
            ColumnKind::Text,
            "`static`, `threadstatic`, `stack`, `code`, `handle`, `finalizer`, `statics`, `frozen`",
        ),
        column("detail", ColumnKind::Text, "the static field, the kind of handle, the slot"),
        column("object", ColumnKind::U64, "the object that it keeps alive"),
        column(
            "exact",
            ColumnKind::Bool,
            "whether the runtime itself would report it; others only look like references",
        ),
        optional("thread", ColumnKind::U32, "the thread, by the operating system's number"),
        optional("frame", ColumnKind::Text, "the method of the frame"),
    ],
};

pub(super) fn write(heap: &Heap<'_, '_>, sheet: &mut Sheet) -> Result<(), ExportError> {
    let Some(graph) = heap.graph else { return Ok(()) };
    let labeler = RootLabeler::new(graph, heap.style);
    for (root, &target) in graph.roots().iter().zip(graph.root_targets()) {
        heap.control.check()?;
        let Some(object) = graph.address(target) else { continue };
        let label = labeler.label(root);
        sheet.row(&[
            Cell::U64(root.address.0),
            Cell::Text(label.kind),
            Cell::Text(&label.detail),
            Cell::U64(object.0),
            Cell::Bool(label.exact),
            label.thread.map_or(Cell::Null, Cell::U32),
            Cell::optional_text(label.frame.as_deref()),
        ])?;
    }
    Ok(())
}
