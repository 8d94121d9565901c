//! All threads with what they wait for, and who keeps whom waiting.

use clrscope_clr::{Heap, NameStyle, Runtime, SyncBlocks};
use clrscope_memory::{Issues, VirtAddr};

use crate::deadlocks::{Deadlocks, deadlocks};
use crate::finalizer_thread::{FinalizerThread, finalizer_thread};
use crate::locks::{HeldLock, Locks};
use crate::thread_list::{ThreadEntry, thread_list};
use crate::thread_stacks::{References, StackOptions, ThreadStack, thread_stacks};
use crate::waits::{Wait, waits};

/// The threads of a runtime, and what they wait for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// The threads in the order of the runtime's list, with their stacks and what these refer to directly.
    pub stacks: Vec<ThreadStack>,
    /// What each of them waits for, in the same order.
    pub waits: Vec<Option<Wait>>,
    /// Who waits for whom.
    pub deadlocks: Deadlocks,
    /// The sync blocks.
    pub blocks: SyncBlocks,
    /// The locks that sync blocks say are held.
    pub held: Vec<HeldLock>,
}

/// Walks all stacks and says what their threads wait for. It needs no walk over the heap. What could not
/// be read is added to `issues`.
pub fn waiting(
    runtime: &Runtime<'_>,
    heap: Option<&Heap<'_>>,
    style: NameStyle,
    issues: &mut Issues,
) -> Waiting {
    let threads = thread_list(runtime, heap, style, issues);
    waiting_threads(runtime, threads, style, issues)
}

/// The same for some of the threads.
pub fn waiting_threads(
    runtime: &Runtime<'_>,
    threads: Vec<ThreadEntry>,
    style: NameStyle,
    issues: &mut Issues,
) -> Waiting {
    let options = StackOptions::new(References::Direct, style);
    let stacks = thread_stacks(runtime, threads, &options, issues);
    let locks = Locks::new(runtime, issues);
    let waits = waits(&locks, &stacks);
    Waiting {
        deadlocks: deadlocks(runtime, &stacks, &waits),
        held: locks.held_blocks().collect(),
        blocks: locks.blocks,
        waits,
        stacks,
    }
}

impl Waiting {
    /// What the finalizer thread does; `None` if the dump has none.
    pub fn finalizer(&self, runtime: &Runtime<'_>) -> Option<FinalizerThread> {
        let index = self.stacks.iter().position(|stack| stack.entry.thread.is_finalizer)?;
        let stack = self.stacks.get(index)?.clone();
        Some(finalizer_thread(runtime, stack, self.waits.get(index).cloned().flatten()))
    }

    /// The thread whose record of the runtime is at an address, by index.
    pub fn thread(&self, record: VirtAddr) -> Option<usize> {
        self.stacks.iter().position(|stack| stack.entry.thread.address == record)
    }
}
