//! What is queued for the thread pool: `System/Threading/ThreadPoolWorkQueue.cs`, before .NET 5
//! `ThreadPool.cs`, of System.Private.CoreLib.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{Element, NameStyle, ObjectRef, Types};
use clrscope_memory::{VirtAddr, limits};

use crate::task_chain::{async_method, machine_type};
use crate::thread_pool::{loaded_type, static_of};

/// A queue of the thread pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkQueue {
    /// Of items that matter for time, or were promised to be done first.
    HighPriority,
    /// Of all threads.
    Global,
    /// Of some threads, on machines with many processors.
    Assigned,
    /// Of items that have time.
    LowPriority,
    /// Of one thread, from which others take when they have nothing to do.
    Local,
}

impl WorkQueue {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            WorkQueue::HighPriority => "high-priority",
            WorkQueue::Global => "global",
            WorkQueue::Assigned => "assigned",
            WorkQueue::LowPriority => "low-priority",
            WorkQueue::Local => "local",
        }
    }
}

/// Something that a thread of the pool is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkItem {
    /// Where it waits.
    pub queue: WorkQueue,
    /// The item.
    pub address: VirtAddr,
    /// The name of its type.
    pub name: String,
    /// The method that it runs, if that is known.
    pub runs: Option<String>,
}

/// Items that do the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkGroup {
    /// How many.
    pub count: u64,
    /// Where they wait.
    pub queue: WorkQueue,
    /// The name of their type.
    pub name: String,
    /// The method that they run.
    pub runs: Option<String>,
}

/// Fields of the queue of all threads, and what is in them: a queue, or an array of such.
const FIELDS: &[(&str, WorkQueue)] = &[
    ("timeSensitiveWorkQueue", WorkQueue::HighPriority),
    ("highPriorityWorkItems", WorkQueue::HighPriority),
    ("workItems", WorkQueue::Global),
    ("_assignableWorkItemQueues", WorkQueue::Assigned),
    ("lowPriorityWorkItems", WorkQueue::LowPriority),
];

/// Where items keep what they call.
const CALLBACKS: &[&str] = &["_callback", "callback", "m_action", "_action"];

/// What is queued, in the order in which it would be done; of the local queues in no order. `None` if the
/// queue was not found, because nothing was ever queued.
pub fn work_items(
    types: &Types<'_>,
    methods: Option<&MethodFinder<'_>>,
    style: NameStyle,
) -> Option<Vec<WorkItem>> {
    let owners = [
        ("System.Threading.ThreadPool", "s_workQueue"),
        ("System.Threading.ThreadPoolGlobals", "workQueue"),
    ];
    let queue = owners
        .iter()
        .find_map(|(ty, field)| static_of(&loaded_type(types, ty)?, field)?.as_object())?;
    let reader = ItemReader { methods, style };
    let mut items = Vec::new();
    for (field, kind) in FIELDS {
        if let Some(part) = queue.field(field).and_then(|part| part.as_object()) {
            reader.read_queue(&part, *kind, &mut items);
        }
    }
    let list = loaded_type(types, "System.Threading.ThreadPoolWorkQueue+WorkStealingQueueList");
    let locals = list.and_then(|list| static_of(&list, "_queues")?.as_object()?.as_array());
    for local in locals.iter().flat_map(|locals| locals.iter()) {
        if let Some(local) = local.as_object() {
            reader.read_local(&local, &mut items);
        }
    }
    Some(items)
}

struct ItemReader<'a, 'data> {
    methods: Option<&'a MethodFinder<'data>>,
    style: NameStyle,
}

impl ItemReader<'_, '_> {
    fn read_queue(&self, queue: &ObjectRef<'_, '_>, kind: WorkQueue, items: &mut Vec<WorkItem>) {
        if let Some(queues) = queue.as_array() {
            for queue in queues.iter().filter_map(|queue| queue.as_object()) {
                if queue.as_array().is_none() {
                    self.read_queue(&queue, kind, items);
                }
            }
            return;
        }
        let left = limits::MAX_LIST.saturating_sub(items.len());
        let elements = queue.as_collection(left).map(|collection| collection.elements);
        for element in elements.into_iter().flatten() {
            if let Element::Item(item) = element {
                items.extend(item.as_object().map(|item| self.item(&item, kind)));
            }
        }
    }

    /// The items of a ring between two indexes that grow for ever.
    fn read_local(&self, queue: &ObjectRef<'_, '_>, items: &mut Vec<WorkItem>) {
        let index = |name: &str| queue.field(name).and_then(|index| index.as_i32());
        let array = queue.field("m_array").and_then(|array| array.as_object()?.as_array());
        let (Some(array), Some(head), Some(tail)) =
            (array, index("m_headIndex"), index("m_tailIndex"))
        else {
            return;
        };
        let count = u32::try_from(tail.wrapping_sub(head)).unwrap_or(0).min(array.held());
        let length = array.len().max(1);
        for place in 0..count {
            let at = (head as u32).wrapping_add(place) % length;
            let item = array.get(at).and_then(|item| item.as_object());
            items.extend(item.map(|item| self.item(&item, WorkQueue::Local)));
        }
    }

    fn item(&self, item: &ObjectRef<'_, '_>, queue: WorkQueue) -> WorkItem {
        let machine = item.state_machine().as_ref().and_then(machine_type);
        let delegate = || {
            let callback = item.field_of(CALLBACKS).and_then(|callback| callback.as_object());
            callback.and_then(|callback| callback.as_delegate()).or_else(|| item.as_delegate())
        };
        let called = || {
            let method = self.methods?.of_delegate(&delegate()?)?;
            Some(method.to_string_in(self.style))
        };
        WorkItem {
            queue,
            address: item.address(),
            name: item.ty().name_in(self.style),
            runs: machine.map(|machine| async_method(&machine)).or_else(called),
        }
    }
}

/// Items by what they do; the most numerous first.
pub fn work_groups(items: &[WorkItem]) -> Vec<WorkGroup> {
    let mut groups: BTreeMap<(WorkQueue, &str, Option<&str>), u64> = BTreeMap::new();
    for item in items {
        *groups.entry((item.queue, &item.name, item.runs.as_deref())).or_default() += 1;
    }
    let group = |((queue, name, runs), count): ((WorkQueue, &str, Option<&str>), u64)| WorkGroup {
        count,
        queue,
        name: name.to_owned(),
        runs: runs.map(str::to_owned),
    };
    let mut groups: Vec<WorkGroup> = groups.into_iter().map(group).collect();
    groups.sort_by_key(|group| Reverse(group.count));
    groups
}
