//! References on the stacks of the runtime's threads, and the code that they run.

use clrscope_graph::ObjectId;
use clrscope_memory::{
    Control, Interrupted, Issue, IssueKind, Issues, Presence, Progress, ThreadRecord, VirtAddr,
};
use rustc_hash::FxHashMap;

use super::{Found, Heap, Root, RootKind};
use crate::code::{CodeMap, MethodDescReader};
use crate::graph::{RootFrame, StackSlot};
use crate::heap::LoaderAllocators;
use crate::layout::MissingField;
use crate::stack::{LifeCycle, StackBudget, StackFrame, StackWalker};
use crate::thread::RuntimeThread;

/// Says that stacks could not be searched.
pub(super) fn not_searched(missing: &MissingField) -> Issue {
    Issue::general(
        IssueKind::MissingStructure,
        format!("the stacks of threads were not searched: {missing}"),
    )
}

/// Adds the references that the runtime itself would report. Gives those that only look like
/// references.
pub(super) fn find(
    heap: &Heap<'_, '_>,
    threads: &[RuntimeThread],
    found: &mut Found,
    control: &Control<'_>,
    issues: &mut Issues,
) -> Result<Vec<(Root, ObjectId)>, Interrupted> {
    let runtime = heap.objects.heap().runtime();
    let searched = CodeMap::new(runtime).and_then(|code| {
        issues.append(code.issues().clone());
        let walker = StackWalker::new(&code)?;
        search(heap, &walker, threads, found, control, issues)
    });
    match searched {
        Ok(conservative) => conservative,
        Err(missing) => {
            issues.push(not_searched(&missing));
            Ok(Vec::new())
        }
    }
}

type Conservative = Result<Vec<(Root, ObjectId)>, Interrupted>;

fn search(
    heap: &Heap<'_, '_>,
    walker: &StackWalker<'_, '_>,
    threads: &[RuntimeThread],
    found: &mut Found,
    control: &Control<'_>,
    issues: &mut Issues,
) -> Result<Conservative, MissingField> {
    let runtime = heap.objects.heap().runtime();
    let methods = MethodDescReader::new(runtime)?;
    let mut allocators = LoaderAllocators::new(runtime);
    let object_at = |address: VirtAddr| heap.containing(address).map(|(_, start)| start);
    let mut conservative = Vec::new();
    let mut budget = StackBudget::new(&runtime.snapshot().space);
    let snapshot = runtime.snapshot();
    // Of several with one number the first.
    let records = snapshot.threads.iter().rev().map(|record| (record.os_id, record));
    let records: FxHashMap<u32, &ThreadRecord> = records.collect();
    for (index, thread) in threads.iter().enumerate() {
        let (done, total) = (index as u64, threads.len() as u64);
        if let Err(stopped) = control.tick(Progress { phase: "searching stacks", done, total }) {
            return Ok(Err(stopped));
        }
        let Some(&record) = records.get(&thread.os_id) else {
            // One that has ended or has not begun has no stack.
            if thread.life_cycle == LifeCycle::Alive {
                issues.push(not_listed(thread));
            }
            continue;
        };
        if !budget.spend(&snapshot.space, record, issues) {
            continue;
        }
        check(heap, record, issues);
        let frames = walker.walk(thread.address, record, issues);
        budget.spend_frames(frames.len());
        let stack = walker.roots(record, &frames, &object_at);
        for root in stack.roots {
            let Some(target) = heap.map.id(root.object.0) else { continue };
            let slot = StackSlot {
                thread: thread.os_id,
                frame: root.frame.and_then(|index| frames.get(index)).map(RootFrame::of),
                location: root.location,
                exact: root.exact,
                stale: !root.exact && stack.complete,
                interior: root.interior,
                pinned: root.pinned,
            };
            let address = root.location.address().unwrap_or(VirtAddr::NULL);
            let root = Root { kind: RootKind::Stack(slot), address, value: root.value };
            match root.kind.is_conservative() {
                true => conservative.push((root, target)),
                false => found.push(root, target),
            }
        }
        for frame in &frames {
            let method = frame.method_desc().and_then(|method| methods.read(method));
            let reader = heap.objects.heap().method_tables();
            let keeps = method.and_then(|method| allocators.of_type(reader, method.method_table));
            if let Some(value) = keeps {
                let (thread, frame) = (thread.os_id, RootFrame::of(frame));
                let address = frame.sp;
                found.add(heap.map, RootKind::RunningCode { thread, frame }, address, value);
            }
        }
    }
    Ok(Ok(conservative))
}

/// Says that a thread which runs was not searched.
fn not_listed(thread: &RuntimeThread) -> Issue {
    Issue::in_memory(
        IssueKind::MissingMemory,
        thread.address,
        format!("thread {:#x} runs, and the dump does not list it", thread.os_id),
    )
}

/// Says what of a stack is not in the capture.
fn check(heap: &Heap<'_, '_>, record: &ThreadRecord, issues: &mut Issues) {
    let space = heap.objects.heap().space();
    let stack = space.presence(record.stack_start, record.stack_bytes);
    if record.registers.is_none() || record.stack_bytes == 0 || stack != Presence::Present {
        issues.push(Issue::in_memory(
            IssueKind::MissingMemory,
            record.stack_start,
            format!("the stack or the registers of thread {:#x} are not in the dump", record.os_id),
        ));
    }
}

impl RootFrame {
    fn of(frame: &StackFrame) -> RootFrame {
        RootFrame {
            ip: frame.ip,
            sp: frame.sp,
            method_desc: frame.method_desc(),
            explicit: frame.explicit_kind().map(Into::into),
        }
    }
}
