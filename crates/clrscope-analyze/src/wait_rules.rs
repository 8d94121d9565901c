//! Which methods of the class library wait, and for what.

use crate::thread_stacks::PlainMethod;

/// What a thread waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitKind {
    /// To take a lock: `lock`, `Monitor.Enter`, `Lock.Enter`, `ReaderWriterLockSlim`.
    Lock,
    /// For a pulse (`Monitor.Wait`).
    Pulse,
    /// For a task.
    Task,
    /// For an event, a mutex or a semaphore of the operating system (`WaitHandle`).
    WaitHandle,
    /// For an event, a semaphore or a count that the class library implements itself.
    Event,
    /// For the end of a thread (`Thread.Join`).
    Thread,
    /// For some time to pass (`Thread.Sleep`).
    Sleep,
    /// For a file, a pipe, a socket, the console or another process.
    Io,
    /// For work: a thread of the runtime or of the thread pool that has nothing to do.
    Work,
}

impl WaitKind {
    /// A word for it.
    pub const fn name(self) -> &'static str {
        match self {
            WaitKind::Lock => "lock",
            WaitKind::Pulse => "pulse",
            WaitKind::Task => "task",
            WaitKind::WaitHandle => "wait-handle",
            WaitKind::Event => "event",
            WaitKind::Thread => "thread",
            WaitKind::Sleep => "sleep",
            WaitKind::Io => "io",
            WaitKind::Work => "work",
        }
    }
}

/// Methods that wait: the type, how the method's name begins, and for what. The first that fits counts.
/// dotnet/runtime, src/libraries/System.Private.CoreLib/src/System/Threading.
const RULES: &[(&str, &str, WaitKind)] = &[
    ("System.Threading.Monitor", "Wait", WaitKind::Pulse),
    ("System.Threading.Monitor", "ObjWait", WaitKind::Pulse),
    ("System.Threading.Monitor", "Enter", WaitKind::Lock),
    ("System.Threading.Monitor", "TryEnter", WaitKind::Lock),
    ("System.Threading.Monitor", "ReliableEnter", WaitKind::Lock),
    ("System.Threading.Lock", "Enter", WaitKind::Lock),
    ("System.Threading.Lock", "TryEnter", WaitKind::Lock),
    ("System.Threading.ReaderWriterLockSlim", "Enter", WaitKind::Lock),
    ("System.Threading.ReaderWriterLockSlim", "TryEnter", WaitKind::Lock),
    ("System.Threading.ReaderWriterLockSlim", "Wait", WaitKind::Lock),
    ("System.Threading.ReaderWriterLock", "Acquire", WaitKind::Lock),
    ("System.Threading.Tasks.Task", "SpinThenBlockingWait", WaitKind::Task),
    ("System.Threading.Tasks.Task", "InternalWait", WaitKind::Task),
    ("System.Threading.Tasks.Task", "Wait", WaitKind::Task),
    ("System.Threading.Tasks.Task", "GetResultCore", WaitKind::Task),
    ("System.Threading.Tasks.Task", "get_Result", WaitKind::Task),
    ("System.Runtime.CompilerServices.TaskAwaiter", "", WaitKind::Task),
    ("System.Runtime.CompilerServices.ValueTaskAwaiter", "", WaitKind::Task),
    ("System.Runtime.CompilerServices.ConfiguredTaskAwaitable", "", WaitKind::Task),
    (
        "System.Runtime.CompilerServices.ConfiguredTaskAwaitable+ConfiguredTaskAwaiter",
        "",
        WaitKind::Task,
    ),
    (
        "System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable+ConfiguredValueTaskAwaiter",
        "",
        WaitKind::Task,
    ),
    ("System.Threading.Tasks.ValueTask", "get_Result", WaitKind::Task),
    ("System.Threading.WaitHandle", "Wait", WaitKind::WaitHandle),
    ("System.Threading.WaitHandle", "InternalWait", WaitKind::WaitHandle),
    ("System.Threading.WaitHandle", "SignalAndWait", WaitKind::WaitHandle),
    ("System.Threading.ManualResetEventSlim", "Wait", WaitKind::Event),
    ("System.Threading.SemaphoreSlim", "Wait", WaitKind::Event),
    ("System.Threading.CountdownEvent", "Wait", WaitKind::Event),
    ("System.Threading.Barrier", "SignalAndWait", WaitKind::Event),
    ("System.Threading.Thread", "Sleep", WaitKind::Sleep),
    ("System.Threading.Thread", "Join", WaitKind::Thread),
    ("System.Threading.LowLevelLifoSemaphore", "Wait", WaitKind::Work),
    ("System.Threading.LowLevelLock", "Acquire", WaitKind::Lock),
    ("System.Threading.LowLevelLock", "Wait", WaitKind::Lock),
    ("System.Threading.LowLevelMonitor", "Wait", WaitKind::Work),
    ("System.Threading.PortableThreadPool+WorkerThread", "WorkerThreadStart", WaitKind::Work),
    ("System.Threading.PortableThreadPool+GateThread", "GateThreadStart", WaitKind::Work),
    ("System.Threading.PortableThreadPool+WaitThread", "WaitThreadStart", WaitKind::Work),
    ("System.Threading.PortableThreadPool+IOCompletionPoller", "Poll", WaitKind::Work),
    ("System.Threading.TimerQueue", "TimerThread", WaitKind::Work),
    ("System.Diagnostics.Process", "WaitForExit", WaitKind::Io),
    ("System.Console", "Read", WaitKind::Io),
];

/// Native functions that wait for input or output, by the name of the method that calls them.
const NATIVE_IO: [&str; 17] = [
    "ReadFile",
    "WriteFile",
    "ReadConsole",
    "ReadConsoleInput",
    "WriteConsole",
    "ConnectNamedPipe",
    "FlushFileBuffers",
    "GetQueuedCompletionStatus",
    "WSARecv",
    "WSASend",
    "WSAConnect",
    "recv",
    "send",
    "accept",
    "select",
    "connect",
    "getaddrinfo",
];

/// What a call of a method waits for, if it waits.
pub(crate) fn waits_for(method: &PlainMethod) -> Option<WaitKind> {
    // The generated part of an import is called `<ReadFile>g____PInvoke|0_0`.
    let name = method.name.trim_start_matches('<').split('>').next().unwrap_or_default();
    let rule =
        RULES.iter().find(|(owner, begin, _)| method.owner == *owner && name.starts_with(begin));
    if let Some((.., kind)) = rule {
        return Some(*kind);
    }
    let is_native = method.owner.starts_with("Interop+")
        || method.owner.starts_with("Microsoft.Win32.Win32Native");
    let is_io = NATIVE_IO.iter().any(|io| name.strip_suffix(['A', 'W']).unwrap_or(name) == *io);
    (is_native && is_io).then_some(WaitKind::Io)
}

/// Whether a method only passes a wait on: more of the wait can be behind it.
pub(crate) fn passes_on(method: &PlainMethod) -> bool {
    [
        "System.Threading.",
        "System.Runtime.CompilerServices.",
        "Interop+",
        "System.IO.",
        "System.Net.",
    ]
    .iter()
    .any(|prefix| method.owner.starts_with(prefix))
        && !is_entry(method)
}

/// Whether a method of the class library runs the program's code, so that nothing behind it belongs to
/// the wait.
fn is_entry(method: &PlainMethod) -> bool {
    const ENTRIES: [&str; 6] = [
        "System.Threading.ExecutionContext",
        "System.Threading.ThreadPoolWorkQueue",
        "System.Threading.QueueUserWorkItemCallback",
        "System.Threading.TimerQueueTimer",
        "System.Threading.ThreadHelper",
        "System.Threading.Tasks.TaskScheduler",
    ];
    const RUNS: [&str; 5] = ["InnerInvoke", "Execute", "MoveNext", "RunInternal", "StartCallback"];
    ENTRIES.contains(&method.owner.as_str())
        || RUNS.iter().any(|name| method.name.starts_with(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(text: &str) -> PlainMethod {
        let (owner, name) = text.rsplit_once('.').unwrap();
        PlainMethod { owner: owner.to_owned(), name: name.to_owned() }
    }

    #[test]
    fn methods_wait_by_their_names() {
        for (name, kind) in [
            ("System.Threading.Monitor.ReliableEnter", Some(WaitKind::Lock)),
            ("System.Threading.Monitor.<Enter_Slowpath>g____PInvoke|5_0", Some(WaitKind::Lock)),
            ("System.Threading.Monitor.Exit", None),
            ("System.Threading.Monitor.ObjWait", Some(WaitKind::Pulse)),
            ("System.Threading.Tasks.Task.GetResultCore", Some(WaitKind::Task)),
            ("System.Threading.Tasks.Task.InnerInvoke", None),
            ("Interop+Kernel32.<ReadFile>g____PInvoke|7_0", Some(WaitKind::Io)),
            ("Interop+Kernel32.WriteConsoleW", Some(WaitKind::Io)),
            ("Interop+Kernel32.CloseHandle", None),
            ("Shop.Monitor.Enter", None),
        ] {
            assert_eq!(waits_for(&method(name)), kind, "{name}");
        }
    }

    #[test]
    fn a_wait_ends_where_the_program_begins() {
        assert!(passes_on(&method("System.Threading.Tasks.Task.SpinThenBlockingWait")));
        assert!(!passes_on(&method("System.Threading.Tasks.Task.InnerInvoke")));
        assert!(!passes_on(&method("System.Threading.ExecutionContext.Run")));
        assert!(!passes_on(&method("Cases.Bank.Quote")));
    }
}
