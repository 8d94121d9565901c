//! Dumps, opened as far as a test needs them.

use clrscope_clr::stack::{StackFrame, StackWalker};
use clrscope_clr::{
    GraphOptions, Heap, HeapGraph, LayoutMode, Runtime, Types, find_runtimes, thread_addresses,
};
use clrscope_memory::{Control, Issues, ThreadRecord};
use clrscope_minidump::Minidump;
use clrscope_testkit::corpus::{self, CorpusDump, Oracle};

/// The runtime of a dump, if it has one that can be read.
pub(crate) fn find_runtime(dump: &[u8]) -> Option<Runtime<'_>> {
    let snapshot = Minidump::parse(dump).expect("a minidump").snapshot().value;
    find_runtimes(&snapshot, LayoutMode::Auto).runtimes.into_iter().next()
}

/// The heap of the runtime of a dump.
pub(crate) fn heap(dump: &[u8]) -> Heap<'_> {
    find_runtime(dump).expect("a runtime").heap().expect("a heap")
}

pub(crate) fn with_runtime(dump: &CorpusDump, test: impl FnOnce(&Runtime<'_>)) {
    let bytes = dump.bytes();
    test(&find_runtime(&bytes).unwrap_or_else(|| panic!("{}: no runtime", dump.name())));
}

pub(crate) fn with_heap(dump: &CorpusDump, test: impl FnOnce(&Heap<'_>)) {
    with_runtime(dump, |runtime| {
        assert!(runtime.issues().is_empty(), "{}: {:?}", dump.name(), runtime.issues());
        test(&runtime.heap().unwrap_or_else(|error| panic!("{}: {error}", dump.name())));
    });
}

pub(crate) fn with_graph(
    dump: &CorpusDump,
    options: &GraphOptions,
    test: impl FnOnce(&HeapGraph<'_>),
) {
    with_heap(dump, |heap| {
        let control = Control::new();
        let objects = heap.objects(&control).expect("nothing interrupts");
        test(&objects.graph(options, &control).expect("nothing interrupts"));
    });
}

/// Calls `check` for each thread that runs: with its record, its frames, and what was wrong on the way.
pub(crate) fn each_stack(
    runtime: &Runtime<'_>,
    walker: &StackWalker<'_, '_>,
    mut check: impl FnMut(&ThreadRecord, Vec<StackFrame>, &Issues),
) {
    let os_id = runtime.layout().require("Thread", "OSId").expect("a known layout");
    for thread in thread_addresses(runtime).expect("a known layout").value {
        let os_id = runtime.snapshot().space.read_u32(thread.wrapping_add(os_id));
        let Some(record) = os_id.and_then(|id| runtime.snapshot().thread(id)) else { continue };
        let mut issues = Issues::new();
        let frames = walker.walk(thread, record, &mut issues);
        check(record, frames, &issues);
    }
}

/// Runs a test on every dump, of every runtime and width, that another reader has read too.
pub(crate) fn each_with_oracle(mut test: impl FnMut(&str, &Oracle, &Heap<'_>)) {
    let mut tested = 0;
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        with_heap(&dump, |heap| test(dump.name(), &oracle, heap));
        tested += 1;
    }
    assert!(tested >= 6, "the project's own dumps have oracles; {tested} were compared");
}

/// Runs a test on every dump, of every runtime and width, whose program went through a scenario.
pub(crate) fn each_with(key: &str, mut test: impl FnMut(&CorpusDump, &Runtime<'_>, &Types<'_>)) {
    let mut tested = 0;
    for dump in corpus::dumps() {
        if dump.truth().is_some_and(|truth| truth.get(key).is_some()) {
            with_runtime(&dump, |runtime| {
                test(&dump, runtime, runtime.types().expect("a known layout"));
            });
            tested += 1;
        }
    }
    assert!(tested > 0);
}
