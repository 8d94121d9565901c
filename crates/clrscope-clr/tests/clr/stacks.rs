//! The stacks of every thread of every dump, compared with the oracles'.

use std::collections::HashSet;

use clrscope_clr::NameStyle;
use clrscope_clr::code::{CodeMap, MethodNamer};
use clrscope_clr::stack::{StackFrame, StackWalker};
use clrscope_image::unwind::FoundBy;
use clrscope_memory::Arch;
use clrscope_testkit::corpus::{self, CorpusDump, Oracle};

use crate::support::{self, find_runtime};

/// Calls `check` with the frames of each thread that runs, and its number.
fn each_stack(dump: &CorpusDump, mut check: impl FnMut(&CodeMap<'_>, u32, &[StackFrame])) {
    let bytes = dump.bytes();
    let Some(runtime) = find_runtime(&bytes) else { return };
    let code = CodeMap::new(&runtime).unwrap();
    if code.sections().is_empty() {
        // Without image pages the runtime's globals are not in the dump.
        assert!(matches!(dump.name(), "net8-x64-mini" | "net8-x64-private"), "{}", dump.name());
        assert_eq!(code.issues().count(), 1, "{}", dump.name());
        return;
    }
    assert!(code.issues().is_empty(), "{}: {:?}", dump.name(), code.issues());
    let walker = StackWalker::new(&code).unwrap();
    support::each_stack(&runtime, &walker, |thread, frames, issues| {
        assert!(issues.is_empty(), "{}, thread {}: {issues:?}", dump.name(), thread.os_id);
        check(&code, thread.os_id, &frames);
    });
}

/// The oracle's managed frames of a thread: instruction and stack pointer, whether the frame is one that
/// called a native function and so has an `InlinedCallFrame`, and its method.
///
/// A thread that has no managed frame gets one from the oracle all the same, for the native function
/// that it is in; that one has no method and is left out. A thread of server GC that has no number of
/// its own is none that the oracle lists.
fn expected(oracle: &Oracle, thread: u32) -> Vec<(u64, u64, bool, String)> {
    let thread = oracle.threads.iter().find(|known| known.os == thread);
    let mut inlined = false;
    let mut frames = Vec::new();
    for frame in thread.iter().flat_map(|thread| &thread.frames) {
        match frame.0.as_str() {
            "ManagedMethod" if frame.3.is_some() => {
                let method = frame.3.clone().unwrap();
                frames.push((frame.1.0, frame.2.0, std::mem::take(&mut inlined), method));
            }
            _ => inlined |= frame.3.as_deref() == Some("InlinedCallFrame"),
        }
    }
    frames
}

#[test]
fn managed_frames_are_those_of_the_oracle() {
    let (mut threads, mut frames) = (0, 0);
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        let mut walked = HashSet::new();
        each_stack(&dump, |code, id, stack| {
            walked.insert(id);
            let expected = expected(&oracle, id);
            let found: Vec<_> = stack.iter().filter(|frame| frame.method().is_some()).collect();
            let place = format!("{}, thread {id}", dump.name());
            let pointers = |frames: &[&StackFrame]| -> Vec<u64> {
                frames.iter().map(|frame| frame.sp.0).collect()
            };
            assert_eq!(
                pointers(&found),
                expected.iter().map(|frame| frame.1).collect::<Vec<_>>(),
                "{place}"
            );
            let namer = MethodNamer::new(code.runtime()).unwrap();
            for (frame, (ip, _, calls_native, method)) in found.iter().zip(expected) {
                let name = namer.of_code(frame.method().unwrap()).unwrap();
                assert_eq!(name.to_string_in(NameStyle::Sos), method, "{place}");
                // The oracle takes the return address from the explicit frame, where a helper left
                // that of its own call; what is on the stack is that of the native call itself.
                if calls_native {
                    let theirs = code.method_at(clrscope_memory::VirtAddr(ip)).unwrap();
                    assert_eq!(frame.method().unwrap().start, theirs.start, "{place}");
                } else {
                    assert_eq!(frame.ip.0, ip, "{place}");
                }
                assert!(frame.method_desc().is_some(), "{place}");
                assert!(matches!(frame.found_by, FoundBy::Cfi | FoundBy::Context), "{place}");
            }
            threads += 1;
            frames += found.len();
        });
        // Every thread that the oracle has frames of was walked.
        for thread in oracle.threads.iter().filter(|thread| !thread.frames.is_empty()) {
            assert!(walked.contains(&thread.os), "{}, thread {}", dump.name(), thread.os);
        }
    }
    eprintln!("{frames} managed frames of {threads} threads");
    assert!(threads >= 25 && frames >= 60);
}

#[test]
fn explicit_frames_have_names() {
    let mut explicit = 0;
    for dump in corpus::dumps() {
        each_stack(&dump, |_, id, stack| {
            for frame in stack {
                if let clrscope_clr::stack::FrameKind::Explicit(frame) = &frame.kind {
                    assert!(frame.kind.is_some(), "{}, thread {id}: {frame:?}", dump.name());
                    explicit += 1;
                }
            }
        });
    }
    assert!(explicit > 20);
}

#[test]
fn stacks_of_x86_say_how_they_were_found() {
    let mut managed = 0;
    for dump in corpus::dumps() {
        each_stack(&dump, |code, id, stack| {
            if code.runtime().snapshot().target.arch != Arch::X86 {
                return;
            }
            for frame in stack.iter().filter(|frame| frame.method().is_some()) {
                assert_ne!(frame.found_by, FoundBy::Cfi, "{}, thread {id}", dump.name());
                managed += 1;
            }
        });
    }
    assert!(managed > 30, "{managed} frames");
}
