//! `segments`: the segments and regions of the heap.

use clrscope_analyze::SessionError;

use super::list::Row;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "segments",
    about: "Every segment or region of the garbage-collected heap, in order of address.",
    columns: COLUMNS,
    usual_rows: 200,
};

const COLUMNS: &[Column] = &[
    address("address", "the runtime's record of it").found_by(Lookup::Equal),
    integer("heap", "the number of its heap"),
    text("kind", "`gen0`, `gen1`, `gen2`, `ephemeral`, `loh`, `poh` or `frozen`"),
    address("start", "its first object"),
    address("end", "behind its last object"),
    integer("bytes", "bytes from its first object to behind its last"),
    address("committed_end", "behind its last byte that is backed by memory"),
    integer("committed", "bytes that are backed by memory"),
    address("reserved_end", "behind its last byte that is set aside"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let heap = shelf.source.session.heap().map_err(SessionError::from)?;
    shelf.add_issues(heap.issues().clone());
    let row = |segment: &clrscope_clr::Segment| {
        vec![
            segment.address.into(),
            segment.heap.into(),
            segment.kind.name().into(),
            segment.objects.start.into(),
            segment.objects.end.into(),
            segment.objects.len().into(),
            segment.committed.end.into(),
            segment.committed.len().into(),
            segment.reserved.end.max(segment.committed.end).into(),
        ]
    };
    Ok(heap.segments().iter().map(row).collect())
}
