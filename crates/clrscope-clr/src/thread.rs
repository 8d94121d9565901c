//! The runtime's own list of threads.

mod by_handles;

use clrscope_memory::{Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::FxHashSet;

use crate::layout::MissingField;
use crate::runtime::Runtime;
use crate::stack::{LifeCycle, ThreadState};

/// Addresses of the runtime's `Thread` structures, in the order of its list. Dead and unstarted
/// threads are among them. A record in the list that is none is left out; an issue says so.
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
        let value = sound(runtime, threads, &mut issues);
        return Ok(Parsed { value, issues });
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
    let value = sound(runtime, threads, &mut issues);
    Ok(Parsed { value, issues })
}

/// Leaves out what is no thread: memory that was freed while the capture was made, or is not in it.
fn sound(runtime: &Runtime<'_>, listed: Vec<VirtAddr>, issues: &mut Issues) -> Vec<VirtAddr> {
    let space = &runtime.snapshot().space;
    // Up to .NET 8 a thread begins with its virtual table, the same for all.
    let has_vtable = runtime.layout().offset("Thread", "State").is_some_and(|state| state > 0);
    let vtable = listed.first().and_then(|&at| space.read_pointer(at)).filter(|_| has_vtable);
    let (sound, others): (Vec<_>, Vec<_>) = listed.into_iter().partition(|&at| {
        let first = space.read_pointer(at);
        first.is_some() && (vtable.is_none() || first == vtable)
    });
    for at in others {
        issues.push(Issue::in_memory(
            IssueKind::BadValue,
            at,
            "the list of threads has a record that is none, or is not in the capture",
        ));
    }
    sound
}

/// A thread that the runtime knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RuntimeThread {
    /// Address of its `Thread`.
    pub(crate) address: VirtAddr,
    /// The operating system's number of it; zero if it has not begun or has ended.
    pub(crate) os_id: u32,
    /// Where it is between its making and its end.
    pub(crate) life_cycle: LifeCycle,
}

/// The runtime's threads with their numbers, in the order of its list.
pub(crate) fn runtime_threads(
    runtime: &Runtime<'_>,
) -> Result<Parsed<Vec<RuntimeThread>>, MissingField> {
    let require = |field| runtime.layout().require("Thread", field);
    let (os_id, state) = (require("OSId")?, require("State")?);
    let space = &runtime.snapshot().space;
    let Parsed { value, issues } = thread_addresses(runtime)?;
    let number = |address: VirtAddr| space.read_u32(address).unwrap_or(0);
    let threads = value.into_iter().map(|address| {
        let os_id = number(address.wrapping_add(os_id));
        let life_cycle = ThreadState(number(address.wrapping_add(state))).life_cycle(os_id);
        RuntimeThread { address, os_id, life_cycle }
    });
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
