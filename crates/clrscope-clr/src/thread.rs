//! The runtime's own list of threads.

use clrscope_memory::{Issue, IssueKind, Issues, Parsed, VirtAddr, limits};

use crate::layout::MissingField;
use crate::runtime::Runtime;

/// Addresses of the runtime's `Thread` structures, in the order of its list. Dead and unstarted
/// threads are among them.
pub fn thread_addresses(runtime: &Runtime<'_>) -> Result<Parsed<Vec<VirtAddr>>, MissingField> {
    let layout = runtime.layout();
    let first = layout.require("ThreadStore", "FirstThreadLink")?;
    let link = layout.require("Thread", "LinkNext")?;
    let space = &runtime.snapshot().space;
    let mut issues = Issues::new();
    let mut threads = Vec::new();
    let Some(store) = runtime.global_pointer("ThreadStore") else {
        issues.push(Issue::general(
            IssueKind::MissingStructure,
            "the list of the runtime's threads was not found",
        ));
        return Ok(Parsed { value: threads, issues });
    };
    let head = store.wrapping_add(first);
    let mut next = space.read_pointer(head);
    loop {
        match next {
            // The list ends with null, in old runtimes at its own head.
            Some(at) if at.is_null() || at == head => break,
            Some(_) if threads.len() >= MAX_THREADS => {
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

/// Threads that a process can have at most: far more than any system allows.
const MAX_THREADS: usize = limits::MAX_LIST / 16;
