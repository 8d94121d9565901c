//! What the runtime itself keeps alive: handles and the finalizer queue.

mod finalizer;
mod handles;
mod table_shape;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed};

pub use self::finalizer::FinalizerQueue;
pub(crate) use self::finalizer::read_finalizer_queue;
pub use self::handles::{Handle, HandleKind};
use crate::range::AddressRange;
use crate::runtime::Runtime;

/// All handles of a runtime that refer to an object, in order of their tables.
pub(crate) fn runtime_handles(runtime: &Runtime<'_>) -> Parsed<Vec<Handle>> {
    // The variable is the first map itself.
    if let Some(map) = runtime.globals().address("HandleTableMap") {
        return handles::read(&runtime.snapshot().space, map);
    }
    let mut issues = Issues::new();
    issues.push(Issue::general(
        IssueKind::MissingStructure,
        "the handle tables of the runtime were not found",
    ));
    Parsed { value: Vec::new(), issues }
}

/// The segments that the handle tables of a runtime consist of, in order of their tables.
pub(crate) fn handle_segments(runtime: &Runtime<'_>) -> Parsed<Vec<AddressRange>> {
    match runtime.globals().address("HandleTableMap") {
        Some(map) => handles::segments(&runtime.snapshot().space, map),
        None => Parsed::clean(Vec::new()),
    }
}
