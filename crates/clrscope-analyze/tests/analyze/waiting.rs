//! What threads wait for, deadlocks, and the finalizer thread, on the real dumps.

use clrscope_analyze::{FinalizerVerdict, Wait, WaitKind, Waiting, waiting};
use clrscope_clr::{NameStyle, Runtime, TaskState};
use clrscope_memory::{Issues, VirtAddr};
use clrscope_testkit::corpus::{self, CorpusDump};

use crate::support::find_runtime;

fn with_runtime<T>(dump: &CorpusDump, work: impl FnOnce(&Runtime<'_>) -> T) -> Option<T> {
    let bytes = dump.bytes();
    find_runtime(&bytes).as_ref().map(work)
}

fn read(runtime: &Runtime<'_>) -> Waiting {
    waiting(runtime, None, NameStyle::CSharp, &mut Issues::new())
}

fn name(waiting: &Waiting, thread: usize) -> &str {
    waiting.stacks[thread].entry.name.as_deref().unwrap_or_default()
}

fn named<'a>(waiting: &'a Waiting, wanted: &str) -> &'a Wait {
    let index = (0..waiting.stacks.len()).find(|&index| name(waiting, index) == wanted);
    waiting.waits[index.unwrap_or_else(|| panic!("no thread {wanted}"))].as_ref().expect("a wait")
}

#[test]
fn two_accounts_lock_each_other_out_and_three_wait_behind() {
    let dump = corpus::dump("net8-x64-case005").expect("a dump of testdata");
    let waiting = with_runtime(&dump, read).expect("a runtime");
    let [deadlock] = &waiting.deadlocks.deadlocks[..] else { panic!("one deadlock") };
    let names = |threads: &[usize]| -> Vec<_> {
        threads.iter().map(|&thread| name(&waiting, thread).to_owned()).collect()
    };
    let truth = dump.truth().expect("a truth");
    let expected = truth["case005.deadlockedThreads"].as_str().expect("names");
    assert_eq!(names(&deadlock.cycle), expected.split('|').collect::<Vec<_>>());
    assert_eq!(names(&deadlock.behind), ["audit 0", "audit 1", "audit 2"]);
    for &thread in deadlock.cycle.iter().chain(&deadlock.behind) {
        let wait = waiting.waits[thread].as_ref().expect("a wait");
        let object = wait.object.as_ref().expect("an object");
        assert_eq!((object.name.as_str(), object.exact), ("Cases.Account", true));
        let caller = &waiting.stacks[thread].frames[wait.caller.expect("a caller")];
        let caller = caller.plain.as_ref().expect("a name").to_string();
        let is_in_cycle = deadlock.cycle.contains(&thread);
        assert_eq!(caller, if is_in_cycle { "Cases.Bank.Transfer" } else { "Cases.Bank.Audit" });
    }
    let [task_wait] = &waiting.deadlocks.task_waits[..] else { panic!("one wait for a task") };
    assert!(task_wait.on_pool);
    // The frame of `Task.InternalWaitCore` has it in a register.
    let task = &task_wait.tasks[0];
    assert_eq!(task.address, VirtAddr(0x7f2e_3640_d750));
    assert_eq!(task.method.as_deref(), Some("Cases.Bank.Convert"));
    assert_eq!(task.state, Some(TaskState::WaitingForActivation));
    assert!(task_wait.tasks.len() > 1, "{:?}", task_wait.tasks);
    eprintln!("{:#?}", task_wait.tasks);
    let wait = waiting.waits[task_wait.thread].as_ref().expect("a wait");
    let caller = &waiting.stacks[task_wait.thread].frames[wait.caller.expect("a caller")];
    assert_eq!(caller.plain.as_ref().expect("a name").to_string(), "Cases.Bank.Quote");
}

/// Threads of the program that are parked on an event, which they refer to; one of them holds a lock.
#[test]
fn nobody_is_in_a_deadlock_where_threads_only_wait() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        if !dump.name().ends_with("-all") {
            continue;
        }
        let waiting = with_runtime(&dump, read).expect("a runtime");
        assert_eq!(waiting.deadlocks.deadlocks, [], "{}", dump.name());
        assert_eq!(waiting.deadlocks.blocked, [], "{}", dump.name());
        for name in ["ParkWithLocal", "ParkWithInterior", "ParkInLock", "ParkInCatch"] {
            let wait = named(&waiting, &format!("park {name}"));
            assert_eq!(wait.kind, WaitKind::WaitHandle, "{} {name}", dump.name());
            let object = wait.object.as_ref().expect("an event");
            let place = format!("{}, {name}", dump.name());
            // The optimised code of these has let go of the event itself.
            let event = match dump.name() {
                name if name.starts_with("core21") => "Microsoft.Win32.SafeHandles.SafeWaitHandle",
                _ => "System.Threading.ManualResetEvent",
            };
            assert_eq!(object.name, event, "{place}: {wait:?}");
            assert!(object.handle.is_some_and(|handle| handle != 0 && handle < 0x1_0000));
        }
        checked += 1;
    }
    assert!(checked >= 2);
}

#[test]
fn the_finalizer_thread_is_blocked_where_a_finalizer_waits() {
    let mut checked = 0;
    for dump in corpus::dumps() {
        let name = dump.name().to_owned();
        let verdict = with_runtime(&dump, |runtime| {
            // Dumps without the runtime's own memory do not say which threads there are.
            let thread = read(runtime).finalizer(runtime)?;
            Some((thread.verdict, thread.method))
        });
        let Some((verdict, method)) = verdict.flatten() else {
            assert!(name.ends_with("-mini") || name.ends_with("-private"), "{name}");
            continue;
        };
        let expected = if name.ends_with("-all") {
            (FinalizerVerdict::Blocked, Some("Zoo.Blocker.Finalize"))
        } else if name == "net6-x64-case004" {
            let truth = dump.truth().expect("a truth");
            assert_eq!(truth["case004.finalizerBlockedIn"], "Cases.NativeSession.Disconnect");
            (FinalizerVerdict::Blocked, Some("Cases.NativeSession.Disconnect"))
        } else {
            (FinalizerVerdict::Idle, None)
        };
        assert_eq!((verdict, method.as_deref()), expected, "{name}");
        checked += 1;
    }
    assert!(checked >= 7);
}
