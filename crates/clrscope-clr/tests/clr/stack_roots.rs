//! References on the stacks of the real dumps, compared with the oracles'.

use clrscope_clr::NameStyle;
use clrscope_clr::code::{CodeMap, MethodNamer};
use clrscope_clr::stack::{RootLocation, StackFrame, StackRoot, StackRoots, StackWalker};
use clrscope_memory::{Arch, Control, Snapshot, VirtAddr};
use clrscope_testkit::corpus::{self, CorpusDump, Root};

use crate::support::{self, find_runtime};

/// One thread, its frames, its roots.
struct Stack<'a> {
    place: String,
    namer: &'a MethodNamer<'a>,
    snapshot: &'a Snapshot<'a>,
    os_id: u32,
    frames: Vec<StackFrame>,
    roots: StackRoots,
}

/// Calls `check` for each thread that runs, with a test whether an address is that of an object.
fn each_stack(dump: &CorpusDump, mut check: impl FnMut(&Stack<'_>, &dyn Fn(VirtAddr) -> bool)) {
    let bytes = dump.bytes();
    let Some(runtime) = find_runtime(&bytes) else { return };
    let Ok(code) = CodeMap::new(&runtime) else { return };
    let Ok(heap) = runtime.heap() else { return };
    let walker = StackWalker::new(&code).unwrap();
    let namer = MethodNamer::new(&runtime).unwrap();
    let objects = heap.objects(&Control::default()).unwrap();
    let mut spans: Vec<_> = objects.iter().map(|object| (object.address, object.size)).collect();
    spans.sort_unstable();
    let object_at = |address: VirtAddr| {
        let index = spans.partition_point(|span| span.0 <= address).checked_sub(1)?;
        let (start, size) = spans[index];
        (address.0 < start.0 + size).then_some(start)
    };
    support::each_stack(&runtime, &walker, |thread, frames, _| {
        let roots = walker.roots(thread, &frames, &object_at);
        let os_id = thread.os_id;
        let place = format!("{}, thread {os_id}", dump.name());
        let snapshot = runtime.snapshot();
        let stack = Stack { place, namer: &namer, snapshot, os_id, frames, roots };
        check(&stack, &|address| object_at(address) == Some(address));
    });
}

impl Stack<'_> {
    /// The method of the frame that a root belongs to, as the oracle writes it.
    fn method_of(&self, root: &StackRoot) -> Option<String> {
        let frame = self.frames.get(root.frame?)?;
        let name = match frame.method() {
            Some(code) => self.namer.of_code(code)?,
            None => self.namer.of_method_desc(frame.method_desc()?)?,
        };
        Some(name.to_string_in(NameStyle::Sos))
    }
}

/// Whether a root of ours is one of the oracle's, which has no address for what is in a register.
fn is_same(ours: &StackRoot, theirs: &Root) -> bool {
    let same_place = match ours.location {
        RootLocation::Stack { address, .. } => address.0 == theirs.address.0,
        RootLocation::Register { .. } => theirs.address.0 == 0,
    };
    same_place && ours.object.0 == theirs.object.0
}

#[test]
fn every_stack_root_of_the_oracle_is_found_precisely() {
    let (mut compared, mut to_the_stack, mut in_frames) = (0, 0, 0);
    for dump in corpus::dumps() {
        let Some(oracle) = dump.oracle() else { continue };
        each_stack(&dump, |stack, _| {
            let theirs = oracle
                .roots
                .iter()
                .filter(|root| root.kind == "Stack" && root.thread == Some(stack.os_id));
            for root in theirs {
                compared += 1;
                // A managed pointer to a local variable: ClrMD takes what that variable holds for
                // the object, and the variable is a root of its own where it is one.
                let value = stack.snapshot.space.read_pointer(VirtAddr(root.address.0));
                let record = stack.snapshot.thread(stack.os_id).unwrap();
                let end = record.stack_start.wrapping_add(record.stack_bytes);
                if root.interior && value.is_some_and(|v| v >= record.stack_start && v < end) {
                    to_the_stack += 1;
                    continue;
                }
                let ours =
                    stack.roots.roots.iter().filter(|ours| ours.exact && is_same(ours, root));
                // Several frames can have the same object in a register.
                let ours: Vec<_> = ours.collect();
                assert!(!ours.is_empty(), "{}: {root:?}", stack.place);
                let frames: Vec<_> = ours.iter().map(|ours| stack.method_of(ours)).collect();
                let same = ours.iter().zip(&frames).find(|(_, frame)| **frame == root.frame);
                let (ours, _) =
                    same.unwrap_or_else(|| panic!("{}: {root:?} {frames:?}", stack.place));
                assert_eq!(ours.interior, root.interior, "{}: {root:?}", stack.place);
                assert_eq!(ours.pinned, root.pinned, "{}: {root:?}", stack.place);
                // Where the oracle has no method, a record of the runtime protects the reference.
                let frame = ours.frame.and_then(|frame| stack.frames.get(frame)).expect("a frame");
                let explicit = frame.method().is_none();
                assert!(root.frame.is_some() || explicit, "{}: {root:?}", stack.place);
                in_frames += 1;
            }
        });
    }
    eprintln!("{compared} stack roots compared, {in_frames} by their frame");
    assert!(compared > 150 && to_the_stack <= 2);
    assert!(in_frames + to_the_stack == compared, "{in_frames} of {compared}");
}

#[test]
fn precise_roots_are_objects_and_stacks_of_x64_are_complete() {
    let mut exact = 0;
    for dump in corpus::dumps() {
        each_stack(&dump, |stack, is_object| {
            for root in stack.roots.roots.iter().filter(|root| root.exact) {
                assert!(is_object(root.object), "{}: {root:?}", stack.place);
                exact += 1;
            }
            // Only where the runtime's map of code is there.
            let is_known = dump.name() != "net8-x64-private";
            if stack.snapshot.target.arch == Arch::X64 && is_known {
                assert!(stack.roots.complete, "{}", stack.place);
            } else {
                assert!(!stack.roots.complete, "{}", stack.place);
            }
        });
    }
    eprintln!("{exact} precise roots");
    assert!(exact > 200);
}

#[test]
fn what_only_a_stack_holds_is_found() {
    // The program's own words: a local variable, an exception in a handler, the object of a lock.
    for dump in corpus::dumps() {
        for key in ["stackLocal", "exception", "locked"] {
            let Some(address) = dump.truth_address(&format!("address.roots.{key}")) else {
                continue;
            };
            let mut found = false;
            let mut walked = false;
            each_stack(&dump, |stack, _| {
                walked = true;
                found |= stack.roots.roots.iter().any(|root| root.object.0 == address);
            });
            assert!(found || !walked, "{}: {key} at {address:#x}", dump.name());
        }
    }
}
