//! Dumps, opened as far as a test needs them.

use clrscope_analyze::{Facts, Session};
use clrscope_clr::{GraphOptions, HeapGraph, HeapObjects, LayoutMode, Runtime, find_runtimes};
use clrscope_memory::Control;
use clrscope_minidump::Minidump;

/// The runtime of a dump, if it has one that can be read.
pub(crate) fn find_runtime(dump: &[u8]) -> Option<Runtime<'_>> {
    let snapshot = Minidump::parse(dump).expect("a minidump").snapshot().value;
    find_runtimes(&snapshot, LayoutMode::Auto).runtimes.into_iter().next()
}

/// The objects of the runtime of a dump.
pub(crate) fn objects(dump: &[u8]) -> HeapObjects<'_> {
    let heap = find_runtime(dump).expect("a runtime").heap().expect("a heap");
    heap.objects(&Control::new()).expect("nothing interrupts")
}

/// The graph of all objects.
pub(crate) fn graph<'data>(objects: &HeapObjects<'data>) -> HeapGraph<'data> {
    objects.graph(&GraphOptions::default(), &Control::new()).expect("nothing interrupts")
}

/// Asks a dump for facts.
pub(crate) fn with_facts<R>(dump: &[u8], ask: impl FnOnce(&Facts<'_, '_>) -> R) -> R {
    let minidump = Minidump::parse(dump).expect("a minidump");
    let snapshot = minidump.snapshot();
    let session = Session::new(find_runtime(dump).expect("a runtime"));
    ask(&Facts::new(minidump, &snapshot.value, snapshot.issues, Ok(&session)))
}
