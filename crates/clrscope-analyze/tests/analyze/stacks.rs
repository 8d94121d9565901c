//! Threads and their stacks, as people are shown them, compared with the oracles'.

use clrscope_analyze::{References, StackOptions, parallel_stacks, thread_list, thread_stacks};
use clrscope_clr::NameStyle;
use clrscope_memory::{Arch, Control, Issues};
use clrscope_testkit::corpus;

use crate::support::find_runtime;

/// A thread that the runtime lists went away while this dump was taken.
const TORN: &str = "core31-x64-case000";

#[test]
fn frames_equal_the_oracles() {
    let (mut threads, mut frames) = (0, 0);
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        let bytes = dump.bytes();
        let runtime = &find_runtime(&bytes).unwrap();
        let mut issues = Issues::new();
        let entries = thread_list(runtime, None, NameStyle::Sos, &mut issues);
        let stacks = thread_stacks(
            runtime,
            entries,
            &StackOptions::new(References::None, NameStyle::Sos),
            &mut issues,
        );
        assert_eq!(issues.is_empty(), dump.name() != TORN, "{}: {issues:?}", dump.name());
        for (stack, theirs) in stacks.iter().zip(&oracle.threads) {
            let place = format!("{}, thread {}", dump.name(), theirs.managed);
            assert_eq!(stack.entry.thread.os_id, theirs.os, "{place}");
            let managed = stack.frames.iter().filter(|frame| frame.explicit.is_none());
            let ours: Vec<_> = managed
                .map(|frame| (frame.sp.0, frame.method.clone().unwrap_or_default()))
                .collect();
            // The oracle shows native functions as managed frames without a method.
            let of_methods = theirs.frames.iter().filter(|frame| frame.0 == "ManagedMethod");
            let expected: Vec<_> =
                of_methods.filter_map(|frame| Some((frame.2.0, frame.3.clone()?))).collect();
            assert_eq!(ours, expected, "{place}");
            let exception = stack.entry.exception.as_ref();
            let thrown = exception.map(|exception| exception.name.clone().unwrap_or_default());
            let expected = theirs.exception.as_ref().map(|exception| exception.1.clone());
            assert_eq!(thrown, expected, "{place}");
            threads += 1;
            frames += ours.len();
        }
        let groups = parallel_stacks(&stacks);
        let ending: usize = groups.iter().map(|group| group.ending.len()).sum();
        let with_frames =
            stacks.iter().filter(|stack| stack.frames.iter().any(|frame| frame.explicit.is_none()));
        assert_eq!(ending, with_frames.count(), "{}", dump.name());
    }
    eprintln!("{frames} frames of {threads} threads");
    assert!(threads >= 25 && frames >= 60);
}

#[test]
fn references_are_objects_and_exact_ones_the_oracles() {
    let (mut exact, mut conservative) = (0, 0);
    for dump in corpus::dumps() {
        let bytes = dump.bytes();
        let Some(runtime) = &find_runtime(&bytes) else { continue };
        let Ok(heap) = runtime.heap() else { continue };
        let objects = heap.objects(&Control::new()).unwrap();
        let mut issues = Issues::new();
        let entries = thread_list(runtime, Some(&heap), NameStyle::Sos, &mut issues);
        let references = References::All(&objects);
        let stacks = thread_stacks(
            runtime,
            entries,
            &StackOptions::new(references, NameStyle::Sos),
            &mut issues,
        );
        let all = || stacks.iter().flat_map(|stack| &stack.references);
        for reference in all() {
            let place = format!("{}: {reference:?}", dump.name());
            let object = objects.object_at(reference.object).expect(&place);
            assert!(reference.name.as_deref().is_some_and(|name| name != "Free"), "{place}");
            let into = reference.value.0.checked_sub(object.address.0).expect(&place);
            assert!(into < object.size, "{place}");
            exact += usize::from(reference.exact);
            conservative += usize::from(!reference.exact);
        }
        let Some(oracle) = dump.oracle().filter(|_| runtime.snapshot().target.arch == Arch::X64)
        else {
            continue;
        };
        for root in oracle.roots.iter().filter(|root| root.kind == "Stack" && !root.interior) {
            let found = all().any(|reference| {
                reference.exact
                    && reference.object.0 == root.object.0
                    && reference.location.address().map_or(root.address.0 == 0, |address| {
                        address.0 == root.address.0 || root.address.0 == 0
                    })
            });
            assert!(found, "{}: {root:?}", dump.name());
        }
    }
    eprintln!("{exact} exact references, {conservative} conservative");
    assert!(exact > 200 && conservative > 100);
}
