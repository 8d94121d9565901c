//! `os_handles`: the operating system's handles of the process.

use clrscope_analyze::{Limitation, UNKNOWN_HANDLE_TYPE, os_handles};
use clrscope_memory::Issues;
use clrscope_minidump::StreamType;

use super::list::Row;
use crate::cell::Cell;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "os_handles",
    about: "Every handle of the operating system that the dump lists.",
    columns: COLUMNS,
    usual_rows: 5_000,
};

const COLUMNS: &[Column] = &[
    integer("value", "the number of the handle").found_by(Lookup::Equal),
    text("type", "`Event`, `File`, `Thread`, ...").found_by(Lookup::Equal),
    text("name", "the name of what it refers to, if that has one"),
    address("access", "what it may be used for, as the system's flags"),
    integer("handles", "how many handles refer to the same"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    let dump = shelf.source.minidump;
    if dump.stream(StreamType::HANDLE_DATA).is_none() {
        return Err(QueryError::NotThere(Limitation::NoHandles.complaint()));
    }
    let mut issues = Issues::new();
    let types = os_handles(dump, &mut issues).unwrap_or_default();
    let mut rows = Vec::new();
    for handle in dump.handles().take(&mut Issues::new()).iter() {
        let ty = types.type_of(handle.value()).and_then(|ty| types.types.get(ty));
        let name = match handle.object_name() {
            Ok(name) => name.map(|name| name.to_string()).filter(|name| !name.is_empty()),
            Err(issue) => {
                issues.push(issue);
                None
            }
        };
        rows.push(vec![
            handle.value().into(),
            ty.map_or(UNKNOWN_HANDLE_TYPE, |ty| &ty.name).to_owned().into(),
            Cell::optional(name),
            clrscope_memory::VirtAddr(handle.granted_access().into()).into(),
            handle.handle_count().into(),
        ]);
    }
    shelf.add_issues(issues);
    Ok(rows)
}
