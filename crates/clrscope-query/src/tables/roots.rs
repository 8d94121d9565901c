//! `roots`: what keeps objects alive and is no object itself.

use clrscope_analyze::RootLabeler;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, flag, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "roots",
    about: "Every root: what keeps an object alive and is no object itself; makes the graph.",
    columns: COLUMNS,
    usual_rows: 20_000,
};

const COLUMNS: &[Column] = &[
    address("address", "where the reference is; 0 if it is in a register"),
    text(
        "kind",
        "`static`, `threadstatic`, `stack`, `code`, `handle`, `finalizer`, `statics`, `frozen`",
    ),
    text("detail", "the static field, the kind of handle, the slot"),
    address("object", "the object that it keeps alive").found_by(Lookup::Equal),
    text("type", "the name of the object's type"),
    flag("exact", "whether the runtime itself would report it; others only look like references"),
    integer("thread", "the thread, by the operating system's number"),
    text("frame", "the method of the frame"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let graph = shelf.graph()?;
    let labeler = RootLabeler::new(graph, shelf.source.style);
    let mut rows = Vec::with_capacity(graph.roots().len());
    for (root, &target) in graph.roots().iter().zip(graph.root_targets()) {
        let label = labeler.label(root);
        rows.push(vec![
            root.address.into(),
            label.kind.into(),
            label.detail.into(),
            Cell::optional(graph.address(target)),
            Cell::optional(shelf.type_of(target)?.map(str::to_owned)),
            label.exact.into(),
            Cell::optional(label.thread),
            Cell::optional(label.frame),
        ]);
    }
    Ok(rows)
}
