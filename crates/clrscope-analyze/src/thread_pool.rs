//! The thread pool: how many threads it has and may have.
//!
//! From .NET 6 on it is managed: `System/Threading/PortableThreadPool.cs` and
//! `PortableThreadPool.ThreadCounts.cs` of System.Private.CoreLib (dotnet/runtime). Before, it is the
//! runtime's own: `src/vm/win32threadpool.h` of dotnet/coreclr.

use clrscope_clr::{NamePattern, ObjectRef, Runtime, Type, Types, Value};

/// Who runs the thread pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolKind {
    /// Managed code, on every operating system the same.
    Portable,
    /// The runtime's own.
    Native,
    /// Windows.
    Windows,
}

impl PoolKind {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            PoolKind::Portable => "portable",
            PoolKind::Native => "native",
            PoolKind::Windows => "windows",
        }
    }
}

/// The thread pool. What a kind of pool does not count is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPool {
    /// Who runs it.
    pub kind: PoolKind,
    /// Whether it was ever used; if not, nothing more is known.
    pub is_used: bool,
    /// How busy the processors of the machine were, in percent.
    pub cpu_utilization: Option<i64>,
    /// Threads that work on an item or look for one.
    pub working: Option<i64>,
    /// Threads that there are.
    pub existing: Option<i64>,
    /// How many the pool thinks that there should be.
    pub goal: Option<i64>,
    /// Threads that it makes without waiting.
    pub min: Option<i64>,
    /// Threads that it never exceeds.
    pub max: Option<i64>,
    /// Threads that stand still for a task, as the pool was told.
    pub blocked: Option<i64>,
    /// Threads that it added because of those.
    pub added_for_blocked: Option<i64>,
    /// Calls for a thread that were not answered yet.
    pub requested: Option<i64>,
    /// Threads for input and output: there are, at least, at most.
    pub io: Option<IoThreads>,
}

/// Threads of the pool that wait for input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoThreads {
    /// Threads that there are; `None` where they are not counted apart.
    pub existing: Option<i64>,
    /// Threads that it makes without waiting.
    pub min: Option<i64>,
    /// Threads that it never exceeds.
    pub max: Option<i64>,
}

/// The first version of .NET whose pool is managed by default.
const FIRST_MANAGED: u16 = 6;

/// Bytes of a `ThreadCounter` before its counts: they have a cache line of their own.
const COUNTER_PADDING: u64 = 64;

/// Finds the thread pool; `None` if nothing says which there is.
pub fn thread_pool(runtime: &Runtime<'_>) -> Option<ThreadPool> {
    let types = runtime.types().ok();
    types.and_then(managed_pool).or_else(|| native_pool(runtime)).or_else(|| {
        // Nobody has loaded the type of the pool: it has never had a thread.
        let is_known = types.is_some_and(knows_class_library);
        let is_managed = runtime.version().major >= FIRST_MANAGED;
        (is_known && is_managed).then_some(ThreadPool::unused(PoolKind::Portable))
    })
}

/// Whether the types of the class library can be found: if not, that one is not there says nothing.
pub fn knows_class_library(types: &Types<'_>) -> bool {
    loaded_type(types, "System.Threading.Thread").is_some()
}

/// A loaded type of the class library.
pub(crate) fn loaded_type<'a, 'data>(
    types: &'a Types<'data>,
    name: &str,
) -> Option<Type<'a, 'data>> {
    types.find(&NamePattern::new(name)).into_iter().next()
}

/// The value of a static field, if it was made.
pub(crate) fn static_of<'a, 'data>(ty: &Type<'a, 'data>, name: &str) -> Option<Value<'a, 'data>> {
    ty.static_value(ty.static_field(name)?)
}

fn managed_pool(types: &Types<'_>) -> Option<ThreadPool> {
    let windows = loaded_type(types, "System.Threading.WindowsThreadPool");
    let threads = windows.and_then(|ty| static_of(&ty, "s_threadCount")?.as_i64());
    if let Some(existing) = threads.filter(|&threads| threads > 0) {
        let existing = Some(existing);
        return Some(ThreadPool {
            existing,
            is_used: true,
            ..ThreadPool::unused(PoolKind::Windows)
        });
    }
    let portable = loaded_type(types, "System.Threading.PortableThreadPool")?;
    let pool = static_of(&portable, "ThreadPoolInstance").and_then(|pool| pool.as_object());
    Some(pool.map_or(ThreadPool::unused(PoolKind::Portable), |pool| portable_pool(&pool)))
}

fn portable_pool(pool: &ObjectRef<'_, '_>) -> ThreadPool {
    let number = |names: &[&str]| integer(pool.field_of(names));
    let separated = pool.field("_separated");
    let counts = separated.and_then(|separated| integer(separated.field("counts")?.field("_data")));
    // Three 16-bit counts, from the lowest: working, existing, wanted.
    let count = |place: u32| counts.map(|counts| counts >> (16 * place) & 0xffff);
    ThreadPool {
        is_used: true,
        cpu_utilization: number(&["_cpuUtilization"]),
        working: count(0),
        existing: count(1),
        goal: count(2),
        min: number(&["_minThreads"]),
        max: number(&["_maxThreads"]),
        blocked: number(&["_numBlockedThreads"]),
        added_for_blocked: number(&["_numThreadsAddedDueToBlocking"]),
        requested: separated.and_then(|part| {
            integer(part.field_of(&["numRequestedWorkers", "_hasOutstandingThreadRequest"]))
        }),
        io: Some(IoThreads {
            existing: None,
            min: number(&["_legacy_minIOCompletionThreads"]),
            max: number(&["_legacy_maxIOCompletionThreads"]),
        })
        .filter(|io| io.min.is_some() || io.max.is_some()),
        ..ThreadPool::unused(PoolKind::Portable)
    }
}

fn integer(value: Option<Value<'_, '_>>) -> Option<i64> {
    i64::try_from(value?.as_integer()?).ok()
}

fn native_pool(runtime: &Runtime<'_>) -> Option<ThreadPool> {
    let globals = runtime.globals();
    let space = &runtime.snapshot().space;
    let number = |name: &str| space.read_i32(globals.address(name)?).map(i64::from);
    // Four 16-bit counts, from the lowest: at most working, active, working, retired.
    let counter = |name: &str| {
        let counts = globals.address(name)?.wrapping_add(COUNTER_PADDING);
        let mut read = [0i64; 4];
        for (place, count) in (0u64..).zip(&mut read) {
            *count = i64::from(space.read_u16(counts.wrapping_add(2 * place))? as i16);
        }
        Some(read)
    };
    let workers = counter("ThreadPoolWorkerCounter")?;
    let [goal, active, working, retired] = workers;
    let completion = counter("ThreadPoolCompletionCounter");
    let existing = active.saturating_add(retired);
    Some(ThreadPool {
        is_used: existing > 0,
        cpu_utilization: number("ThreadPoolCpuUtilization"),
        working: Some(working),
        existing: Some(existing),
        goal: Some(goal),
        min: number("ThreadPoolMinWorkers"),
        max: number("ThreadPoolMaxWorkers"),
        io: completion.map(|[_, active, _, retired]| IoThreads {
            existing: Some(active.saturating_add(retired)),
            min: number("ThreadPoolMinCompletionThreads"),
            max: number("ThreadPoolMaxCompletionThreads"),
        }),
        ..ThreadPool::unused(PoolKind::Native)
    })
}

impl ThreadPool {
    fn unused(kind: PoolKind) -> ThreadPool {
        ThreadPool {
            kind,
            is_used: false,
            cpu_utilization: None,
            working: None,
            existing: None,
            goal: None,
            min: None,
            max: None,
            blocked: None,
            added_for_blocked: None,
            requested: None,
            io: None,
        }
    }

    /// Threads that have nothing to do.
    pub fn idle(&self) -> Option<i64> {
        Some(self.existing?.saturating_sub(self.working?).max(0))
    }
}
