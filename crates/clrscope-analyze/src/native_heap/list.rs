//! Doubly linked lists (`LIST_ENTRY`): two pointers, to the next and to the previous entry.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr};

/// Entries of one list at most.
const MAX_ENTRIES: usize = 4_000_000;

/// The entries of the list whose head is at `head`. A list that does not lead back to its head, or
/// whose entries do not point back to where they were reached from, ends there, with an issue.
pub(super) fn entries(
    head: VirtAddr,
    space: &AddressSpace<'_>,
    issues: &mut Issues,
) -> Vec<VirtAddr> {
    let width = space.target().pointer_bytes();
    let mut found = Vec::new();
    let mut previous = head;
    loop {
        let Some(next) = space.read_pointer(previous) else {
            issues.push(broken(previous));
            return found;
        };
        let back = space.read_pointer(next.wrapping_add(width));
        if back != Some(previous) || found.len() >= MAX_ENTRIES {
            issues.push(broken(previous));
            return found;
        }
        if next == head {
            return found;
        }
        found.push(next);
        previous = next;
    }
}

fn broken(at: VirtAddr) -> Issue {
    Issue::in_memory(IssueKind::BadValue, at, "a list of a native heap is broken here")
}
