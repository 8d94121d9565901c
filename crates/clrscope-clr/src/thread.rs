//! The runtime's own list of threads.

mod by_handles;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::FxHashSet;

use crate::layout::MissingField;
use crate::runtime::Runtime;

/// Addresses of the runtime's `Thread` structures, in the order of its list. Dead and unstarted
/// threads are among them.
///
/// Where the capture lacks the list, as one without the pages of images does, threads are found by the
/// handles of their managed objects; an issue says so.
pub fn thread_addresses(runtime: &Runtime<'_>) -> Result<Parsed<Vec<VirtAddr>>, MissingField> {
    let layout = runtime.layout();
    let first = layout.require("ThreadStore", "FirstThreadLink")?;
    let link = layout.require("Thread", "LinkNext")?;
    let space = &runtime.snapshot().space;
    let mut issues = Issues::new();
    let Some(store) = runtime.global_pointer("ThreadStore") else {
        let threads = by_handles::find(runtime);
        let message = match threads.is_empty() {
            true => "the list of the runtime's threads was not found",
            false => {
                "the list of the runtime's threads was not found; these were found by their handles"
            }
        };
        issues.push(Issue::general(IssueKind::MissingStructure, message));
        return Ok(Parsed { value: threads, issues });
    };
    let mut threads = Vec::new();
    let mut seen = FxHashSet::default();
    let head = store.wrapping_add(first);
    let mut next = space.read_pointer(head);
    loop {
        match next {
            // The list ends with null, in old runtimes at its own head.
            Some(at) if at.is_null() || at == head => break,
            Some(at) if threads.len() >= limits::MAX_THREADS || !seen.insert(at) => {
                issues.push(Issue::in_memory(
                    IssueKind::LimitReached,
                    head,
                    "the list of threads is too long or comes back to itself",
                ));
                break;
            }
            Some(at) => {
                threads.push(at.wrapping_sub(link));
                next = space.read_pointer(at);
            }
            None => {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    threads.last().copied().unwrap_or(head),
                    "the list of threads leads out of the capture",
                ));
                break;
            }
        }
    }
    Ok(Parsed { value: threads, issues })
}

/// A thread that the runtime knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuntimeThread {
    /// Address of its `Thread`.
    pub(crate) address: VirtAddr,
    /// The operating system's number of it; zero if it has not begun or has ended.
    pub(crate) os_id: u32,
}

/// The runtime's threads with their numbers, in the order of its list.
pub(crate) fn runtime_threads(
    runtime: &Runtime<'_>,
) -> Result<Parsed<Vec<RuntimeThread>>, MissingField> {
    let os_id = runtime.layout().require("Thread", "OSId")?;
    let space = &runtime.snapshot().space;
    let Parsed { value, issues } = thread_addresses(runtime)?;
    let number = |address: VirtAddr| space.read_u32(address.wrapping_add(os_id)).unwrap_or(0);
    let threads =
        value.into_iter().map(|address| RuntimeThread { address, os_id: number(address) });
    Ok(Parsed { value: threads.collect(), issues })
}

impl RuntimeThread {
    /// Where the runtime refers to the array of this thread's statics, and the array. From .NET 9 on, no
    /// handle does (dotnet/runtime, src/coreclr/vm/threadstatics.h, `ThreadLocalData`).
    pub(crate) fn statics_array(&self, runtime: &Runtime<'_>) -> Option<(VirtAddr, VirtAddr)> {
        let layout = runtime.layout();
        let space = &runtime.snapshot().space;
        let data = layout.offset("Thread", "ThreadLocalDataPtr")?;
        let data = space.read_pointer(self.address.wrapping_add(data))?;
        let array = layout.offset("ThreadLocalData", "NonCollectibleTlsArrayData").unwrap_or(8);
        let at = data.wrapping_add(array);
        let value = space.read_pointer(at)?;
        (!data.is_null() && !value.is_null()).then_some((at, value))
    }
}
