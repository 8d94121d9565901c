//! Threads of a capture that lacks the runtime's list of them.
//!
//! A `Thread` has a handle of the managed object that stands for it, and that object has a field that points
//! back to the `Thread` (dotnet/runtime, src/coreclr/vm/threads.h: `m_ExposedObject`; object.h:
//! `ThreadBaseObject::m_InternalThread`). Nothing else in a process points so at each other. From each thread
//! that is found the runtime's list goes on to the next.

use clrscope_memory::{VirtAddr, limits};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::roots::{HandleKind, runtime_handles};
use crate::runtime::Runtime;

/// Words of a managed thread: no runtime has one with more fields.
const OBJECT_WORDS: u64 = 16;

/// The threads that have a handle, and those that follow them in the runtime's list, in its order as far as
/// it is known.
pub(super) fn find(runtime: &Runtime<'_>) -> Vec<VirtAddr> {
    let layout = runtime.layout();
    let offset = |field| layout.offset("Thread", field);
    let (Some(handle_at), Some(link), Some(os_id)) =
        (offset("GCHandle"), offset("LinkNext"), offset("OSId"))
    else {
        return Vec::new();
    };
    let snapshot = runtime.snapshot();
    let space = &snapshot.space;
    let width = snapshot.target.pointer_bytes();
    let is_thread = |at: VirtAddr, handle: VirtAddr| {
        let id = space.read_u32(at.wrapping_add(os_id));
        space.read_pointer(at.wrapping_add(handle_at)) == Some(handle)
            && id.is_some_and(|id| id == 0 || snapshot.thread(id).is_some())
    };
    let mut found: Vec<VirtAddr> = Vec::new();
    for handle in runtime_handles(runtime).value {
        if matches!(handle.kind, HandleKind::Strong | HandleKind::WeakShort) {
            let words = (1..OBJECT_WORDS)
                .map_while(|word| space.read_pointer(handle.object.wrapping_add(word * width)));
            found.extend(
                words.filter(|&at| !at.is_null()).find(|&at| is_thread(at, handle.address)),
            );
        }
    }
    found.truncate(limits::MAX_THREADS);
    in_list_order(found, |thread| {
        let next = space.follow(thread.wrapping_add(link))?;
        let next = next.wrapping_sub(link);
        space.contains(next.wrapping_add(os_id)).then_some(next)
    })
}

/// Follows the list from each of `found`: first those that none of the others leads to.
fn in_list_order(
    found: Vec<VirtAddr>,
    next: impl Fn(VirtAddr) -> Option<VirtAddr>,
) -> Vec<VirtAddr> {
    let mut following: FxHashMap<VirtAddr, Option<VirtAddr>> = FxHashMap::default();
    for &thread in &found {
        let mut at = Some(thread);
        while let Some(thread) = at.filter(|at| !following.contains_key(at)) {
            if following.len() >= limits::MAX_THREADS {
                break;
            }
            at = next(thread);
            following.insert(thread, at);
        }
    }
    let led_to: FxHashSet<VirtAddr> = following.values().flatten().copied().collect();
    let (later, first): (Vec<_>, Vec<_>) = found.into_iter().partition(|at| led_to.contains(at));
    let mut ordered = Vec::with_capacity(following.len());
    // What is left after the beginnings is a list that comes back to itself.
    for start in first.into_iter().chain(later) {
        let mut at = Some(start);
        while let Some(thread) = at {
            let Some(next) = following.remove(&thread) else { break };
            ordered.push(thread);
            at = next;
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use clrscope_memory::Issues;
    use clrscope_minidump::Minidump;
    use clrscope_testkit::corpus;

    use super::*;
    use crate::thread::sound;
    use crate::{LayoutMode, find_runtimes, thread_addresses};

    fn ordered(found: &[u64], links: &[(u64, u64)]) -> Vec<u64> {
        let next =
            |at: VirtAddr| links.iter().find(|link| link.0 == at.0).map(|link| VirtAddr(link.1));
        let found = found.iter().copied().map(VirtAddr).collect();
        in_list_order(found, next).into_iter().map(|at| at.0).collect()
    }

    #[test]
    fn the_list_is_put_together_from_any_of_its_threads() {
        let links = [(1, 2), (2, 3), (3, 4)];
        assert_eq!(ordered(&[3, 1], &links), [1, 2, 3, 4]);
        assert_eq!(ordered(&[4, 2, 3], &links), [2, 3, 4]);
        assert!(ordered(&[], &links).is_empty());
        // Two pieces, of which the part between is not known.
        assert_eq!(ordered(&[7, 2, 1], &[(1, 2), (7, 8)]), [7, 8, 1, 2]);
    }

    #[test]
    fn handles_lead_to_the_whole_list_of_real_processes() {
        let mut threads = 0;
        for dump in corpus::dumps() {
            let bytes = dump.bytes();
            let snapshot = Minidump::parse(&bytes).unwrap().snapshot().value;
            let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
            let Ok(runtime) = runtimes.first() else { continue };
            let listed = thread_addresses(runtime).unwrap();
            let found = sound(runtime, find(runtime), &mut Issues::new());
            assert_eq!(found, listed.value, "{}", dump.name());
            threads += listed.value.len();
        }
        assert!(threads > 50, "{threads}");
    }

    #[test]
    fn a_list_that_comes_back_to_itself_ends() {
        assert_eq!(ordered(&[2, 1], &[(1, 2), (2, 1)]), [2, 1]);
        assert_eq!(ordered(&[3], &[(3, 1), (1, 2), (2, 1)]), [3, 1, 2]);
        assert_eq!(ordered(&[5, 5], &[(5, 5)]), [5]);
    }
}
