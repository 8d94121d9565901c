//! Who waits for whom: deadlocks, and who waits behind them.

use clrscope_clr::Runtime;
use clrscope_memory::VirtAddr;
use rustc_hash::FxHashMap;

use crate::task_chain::{TaskLabel, task_chain};
use crate::thread_stacks::ThreadStack;
use crate::wait_rules::WaitKind;
use crate::waits::Wait;

/// A thread that cannot go on before another does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blocked {
    /// The thread, by index into the stacks.
    pub thread: usize,
    /// The thread that it waits for, by index into the stacks: the owner of the lock, the thread that is to
    /// end, the one that runs the task.
    pub by: usize,
}

/// Threads of which each waits for the next, and the last for the first: none will ever go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlock {
    /// The threads, by index into the stacks, in the order in which they wait for each other.
    pub cycle: Vec<usize>,
    /// Other threads that wait for one of these, directly or through others.
    pub behind: Vec<usize>,
}

/// A thread that stands still until a task has completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskWait {
    /// The thread, by index into the stacks.
    pub thread: usize,
    /// Whether it is a thread of the pool: then it is not there to complete the task.
    pub on_pool: bool,
    /// The task, if it was found; then the task that its async method waits for, and so on. The last is
    /// what has to complete first.
    pub tasks: Vec<TaskLabel>,
}

const TASK_CLASS: &str = "System.Threading.Tasks.Task";

/// Who waits for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deadlocks {
    /// The deadlocks.
    pub deadlocks: Vec<Deadlock>,
    /// Every thread that waits for another, in the order of the stacks.
    pub blocked: Vec<Blocked>,
    /// Every thread that waits for a task: where those are asynchronous, sync over async.
    pub task_waits: Vec<TaskWait>,
}

/// Finds out who waits for whom. `waits` are those of the stacks' threads, in the same order.
pub fn deadlocks(
    runtime: &Runtime<'_>,
    stacks: &[ThreadStack],
    waits: &[Option<Wait>],
) -> Deadlocks {
    let holders = Holders::new(runtime, stacks);
    let by = |(thread, wait): (usize, &Option<Wait>)| {
        let by = holders.of(thread, wait.as_ref()?)?;
        (by != thread).then_some(Blocked { thread, by })
    };
    let blocked: Vec<Blocked> = waits.iter().enumerate().filter_map(by).collect();
    let task_wait = |(thread, wait): (usize, &Option<Wait>)| {
        let wait = wait.as_ref().filter(|wait| wait.kind == WaitKind::Task)?;
        let on_pool = stacks.get(thread)?.entry.is_pool_worker();
        let task = wait
            .object
            .as_ref()
            .and_then(|task| runtime.types().ok()?.object(task.address).ok()?.as_task());
        let tasks = task.map(|task| task_chain(&task)).unwrap_or_default();
        Some(TaskWait { thread, on_pool, tasks })
    };
    Deadlocks {
        deadlocks: cycles(stacks.len(), &blocked),
        task_waits: waits.iter().enumerate().filter_map(task_wait).collect(),
        blocked,
    }
}

/// Who holds what others wait for: threads by what they are.
struct Holders {
    by_record: FxHashMap<VirtAddr, usize>,
    by_object: FxHashMap<VirtAddr, usize>,
    /// By the task that each runs; a task can run on several, one within the other.
    by_task: FxHashMap<VirtAddr, Vec<usize>>,
}

impl Holders {
    fn new(runtime: &Runtime<'_>, stacks: &[ThreadStack]) -> Holders {
        let mut holders = Holders {
            by_record: FxHashMap::default(),
            by_object: FxHashMap::default(),
            by_task: FxHashMap::default(),
        };
        for (index, stack) in stacks.iter().enumerate() {
            let thread = &stack.entry.thread;
            holders.by_record.entry(thread.address).or_insert(index);
            if let Some(object) = thread.object {
                holders.by_object.entry(object).or_insert(index);
            }
            if let Some(task) = running_task(runtime, stack) {
                holders.by_task.entry(task).or_default().push(index);
            }
        }
        holders
    }

    /// The thread that another waits for, if it is known.
    fn of(&self, waiting: usize, wait: &Wait) -> Option<usize> {
        match wait.kind {
            WaitKind::Lock => self.by_record.get(&wait.lock?.owner?).copied(),
            WaitKind::Thread => self.by_object.get(&wait.object.as_ref()?.address).copied(),
            WaitKind::Task => {
                let runs = self.by_task.get(&wait.object.as_ref()?.address)?;
                runs.iter().copied().find(|&index| index != waiting)
            }
            _ => None,
        }
    }
}

/// The task that a thread runs: that which its innermost `Task.InnerInvoke` or `Execute` refers to.
fn running_task(runtime: &Runtime<'_>, stack: &ThreadStack) -> Option<VirtAddr> {
    let types = runtime.types().ok()?;
    let runs = stack.frames.iter().position(|frame| {
        frame.plain.as_ref().is_some_and(|method| {
            method.owner == TASK_CLASS
                && (method.name == "InnerInvoke" || method.name.starts_with("Execute"))
        })
    })?;
    let of_frame = stack.references.iter().filter(|r| r.exact && r.frame >= Some(runs));
    let mut objects = of_frame.filter_map(|reference| types.object(reference.object).ok());
    objects.find(|object| object.ty().is_task()).map(|task| task.address())
}

/// The cycles of a graph in which every node has one successor at most, and what leads into each.
fn cycles(count: usize, edges: &[Blocked]) -> Vec<Deadlock> {
    let mut next = vec![None; count];
    for edge in edges {
        if let Some(next) = next.get_mut(edge.thread) {
            *next = Some(edge.by);
        }
    }
    let mut found: Vec<Deadlock> = Vec::new();
    // Of each node, the walk that came to it first, and the cycle that it leads into.
    let mut walks: Vec<Option<usize>> = vec![None; count];
    let mut ends: Vec<Option<usize>> = vec![None; count];
    let mut in_cycle = vec![false; count];
    for start in 0..count {
        let mut path = Vec::new();
        let mut at = Some(start);
        let mut end = None;
        while let Some((node, walk)) = at.and_then(|node| Some((node, walks.get_mut(node)?))) {
            if *walk == Some(start) {
                let first = path.iter().position(|&other| other == node).unwrap_or(0);
                let mut cycle = path.split_off(first);
                cycle.iter().for_each(|&node| in_cycle[node] = true);
                cycle.iter().for_each(|&node| ends[node] = Some(found.len()));
                let least = (0..cycle.len()).min_by_key(|&place| cycle[place]);
                cycle.rotate_left(least.unwrap_or(0));
                end = Some(found.len());
                found.push(Deadlock { cycle, behind: Vec::new() });
                break;
            }
            if walk.is_some() {
                end = ends[node];
                break;
            }
            *walk = Some(start);
            path.push(node);
            at = next[node];
        }
        path.into_iter().for_each(|node| ends[node] = end);
    }
    for thread in (0..count).filter(|&thread| !in_cycle[thread]) {
        if let Some(deadlock) = ends[thread].and_then(|end| found.get_mut(end)) {
            deadlock.behind.push(thread);
        }
    }
    found.sort_by_key(|deadlock| deadlock.cycle.first().copied());
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rustc_hash::FxHashSet;

    use super::*;

    fn edges(next: &[Option<usize>]) -> Vec<Blocked> {
        let edge = |(thread, by): (usize, &Option<usize>)| Some(Blocked { thread, by: (*by)? });
        next.iter().enumerate().filter_map(edge).collect()
    }

    #[test]
    fn a_cycle_is_found_once_with_all_who_wait_behind_it() {
        // 0 -> 1 -> 0; 2 -> 0; 3 -> 2; 4 -> 5 -> nothing.
        let next = [Some(1), Some(0), Some(0), Some(2), Some(5), None];
        assert_eq!(cycles(6, &edges(&next)), [Deadlock { cycle: vec![0, 1], behind: vec![2, 3] }]);
    }

    #[test]
    fn a_hundred_thousand_threads_take_no_time() {
        // Each waits for the one before it, and the first for the last; as many lead to the last.
        let ring = 50_000;
        let mut next: Vec<_> = (0..2 * ring).map(|at: usize| at.checked_sub(1)).collect();
        next[0] = Some(ring - 1);
        let found = cycles(next.len(), &edges(&next));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].cycle.len(), found[0].behind.len()), (ring, ring));
        assert_eq!(found[0].cycle[..2], [0, ring - 1]);
    }

    proptest! {
        #[test]
        fn every_thread_is_in_at_most_one_cycle_and_follows_the_edges(
            next in prop::collection::vec(prop::option::of(0usize..12), 12),
        ) {
            let found = cycles(12, &edges(&next));
            let mut seen = FxHashSet::default();
            for deadlock in &found {
                for (place, &thread) in deadlock.cycle.iter().enumerate() {
                    let after = deadlock.cycle[(place + 1) % deadlock.cycle.len()];
                    prop_assert_eq!(next[thread], Some(after));
                    prop_assert!(seen.insert(thread));
                }
            }
            // Naively: who can walk for ever ends in a cycle.
            for start in 0..12 {
                let mut at = Some(start);
                for _ in 0..100 {
                    at = at.and_then(|at: usize| next[at]);
                }
                let blocked = found
                    .iter()
                    .any(|d| d.cycle.contains(&start) || d.behind.contains(&start));
                prop_assert_eq!(at.is_some(), blocked);
            }
        }
    }
}
