//! The runtime's threads, each with its name, its exception and its place to allocate in.

use clrscope_clr::stack::{LifeCycle, ManagedThread};
use clrscope_clr::{AllocationContext, ContextOwner, DomainKind, Heap, NameStyle, Runtime, Types};
use clrscope_memory::{Issue, IssueKind, Issues, VirtAddr, limits};
use rustc_hash::FxHashMap;

/// A thread of the runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadEntry {
    /// The runtime's record of it.
    pub thread: ManagedThread,
    /// The name that the program gave it, or else the operating system's.
    pub name: Option<String>,
    /// Its place in the dump's list of threads, which debuggers number threads by; `None` if it has
    /// ended or was not started.
    pub debugger_id: Option<usize>,
    /// The stretch of the heap that is set aside for its next objects.
    pub allocation: Option<AllocationContext>,
    /// The application domain that it runs in, if it is the only one.
    pub domain: Option<VirtAddr>,
    /// The exception that it threw last and that is still kept.
    pub exception: Option<ThrownException>,
}

/// An exception that a thread threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThrownException {
    /// The exception.
    pub object: VirtAddr,
    /// The name of its type; `None` if no object is there.
    pub name: Option<String>,
    /// Its message, if it has one of its own.
    pub message: Option<String>,
}

impl ThreadEntry {
    /// Whether it works for the thread pool.
    pub fn is_pool_worker(&self) -> bool {
        self.thread.state.words().any(|word| word == POOL)
    }

    /// What the runtime uses the thread for, if it is one of its own.
    pub fn purpose(&self) -> Option<&'static str> {
        let words = [
            (self.thread.is_finalizer, "finalizer"),
            (self.thread.is_gc, "gc"),
            (self.is_pool_worker(), POOL),
        ];
        words.into_iter().find(|(is, _)| *is).map(|(_, word)| word)
    }
}

const POOL: &str = "thread pool worker";

/// The names of the field of a managed thread that holds its name: .NET Core 3 dropped the prefix.
const NAME_FIELDS: [&str; 2] = ["_name", "m_Name"];

/// The threads of a runtime, in the order of its list. What was wrong is added to `issues`: without the
/// runtime's own memory there are none.
pub fn thread_list(
    runtime: &Runtime<'_>,
    heap: Option<&Heap<'_>>,
    style: NameStyle,
    issues: &mut Issues,
) -> Vec<ThreadEntry> {
    let threads = match runtime.threads() {
        Ok(threads) => threads.take(issues),
        Err(missing) => {
            issues.push(Issue::general(
                IssueKind::MissingStructure,
                format!("the runtime's threads cannot be listed: {missing}"),
            ));
            Vec::new()
        }
    };
    let types = runtime.types().ok();
    let domain = only_domain(runtime);
    let mut records: FxHashMap<u32, usize> = FxHashMap::default();
    for (index, record) in runtime.snapshot().threads.iter().enumerate() {
        records.entry(record.os_id).or_insert(index);
    }
    let mut allocations: FxHashMap<VirtAddr, AllocationContext> = FxHashMap::default();
    for context in heap.map(Heap::allocation_contexts).unwrap_or_default() {
        if let ContextOwner::Thread(thread) = context.owner {
            allocations.entry(thread).or_insert(*context);
        }
    }
    let entry = |thread: ManagedThread| {
        let own_name = types.and_then(|types| managed_name(types, thread.object?));
        let alive = thread.life_cycle == LifeCycle::Alive;
        ThreadEntry {
            name: own_name.or_else(|| thread.name.clone()),
            debugger_id: records.get(&thread.os_id).copied().filter(|_| alive),
            allocation: allocations.get(&thread.address).copied(),
            domain,
            exception: thread.last_thrown.map(|object| thrown(types, object, style)),
            thread,
        }
    };
    threads.into_iter().map(entry).collect()
}

fn only_domain(runtime: &Runtime<'_>) -> Option<VirtAddr> {
    let domains = runtime.modules().domains().iter();
    let mut domains = domains.filter(|domain| domain.kind == DomainKind::Application);
    let first = domains.next()?;
    domains.next().is_none().then_some(first.address)
}

fn managed_name(types: &Types<'_>, object: VirtAddr) -> Option<String> {
    let object = types.object(object).ok()?;
    let name = object.field_of(&NAME_FIELDS)?.as_str()?;
    (!name.is_empty()).then(|| name.chars().take(limits::MAX_NAME).collect())
}

fn thrown(types: Option<&Types<'_>>, object: VirtAddr, style: NameStyle) -> ThrownException {
    let exception = types.and_then(|types| types.object(object).ok());
    let message = exception.as_ref().and_then(|exception| {
        let message = exception.field("_message")?.as_str()?;
        Some(message.chars().take(limits::MAX_NAME).collect())
    });
    let name = exception.map(|exception| exception.ty().name_in(style));
    ThrownException { object, name, message }
}
