//! `strings`: every string with its text.

use clrscope_analyze::UNKNOWN_STRINGS;
use clrscope_memory::{Issue, IssueKind, Issues, Progress};

use super::{Heap, STRIDE};
use crate::definition::{ColumnKind, Definition, column};
use crate::error::ExportError;
use crate::sheet::{Cell, Sheet};

pub(super) const DEFINITION: Definition = Definition {
    name: "strings",
    about: "Every string of the heap with its text, in order of address.",
    columns: &[
        column("address", ColumnKind::U64, "where the string begins"),
        column("bytes", ColumnKind::U64, "its size as an object"),
        column("length", ColumnKind::U64, "its length in UTF-16 units"),
        column("value", ColumnKind::Text, "all of its text; unpaired surrogates are replaced"),
    ],
};

pub(super) fn write(heap: &Heap<'_, '_>, sheet: &mut Sheet) -> Result<Issues, ExportError> {
    let unavailable = |why: String| ExportError::Unavailable(why);
    let types = heap.runtime.types().map_err(|error| unavailable(error.to_string()))?;
    let table = heap.runtime.global_pointer("StringMethodTable");
    let ty = table.and_then(|table| heap.objects.types().id(table));
    let Some(ty) = ty else {
        return Err(unavailable(UNKNOWN_STRINGS.to_owned()));
    };
    let total = heap.objects.total().count;
    let mut issues = Issues::new();
    let mut value = String::new();
    for (done, object) in (0u64..).zip(heap.objects.iter()) {
        if done.is_multiple_of(STRIDE) {
            heap.control.tick(Progress { phase: "exporting strings", done, total })?;
        }
        if object.ty != ty {
            continue;
        }
        let text = types.object(object.address).ok().and_then(|string| string.as_str());
        value.clear();
        value.extend(text.iter().flat_map(|text| text.chars()));
        if text.as_ref().is_none_or(|text| !text.is_complete()) {
            let message = "the dump does not hold all of the string";
            issues.push(Issue::in_memory(IssueKind::MissingMemory, object.address, message));
        }
        sheet.row(&[
            Cell::U64(object.address.0),
            Cell::U64(object.size),
            Cell::U64(text.map_or(0, |text| text.len() as u64)),
            Cell::Text(&value),
        ])?;
    }
    Ok(issues)
}
