//! Tasks.

use clrscope_clr::{Runtime, TaskRef, TaskState};
use clrscope_memory::Control;

use crate::support::each_with;

fn all<'a, 'data>(runtime: &'a Runtime<'data>) -> Vec<TaskRef<'a, 'data>> {
    let types = runtime.types().expect("a known layout");
    let heap = runtime.heap().expect("a heap");
    let objects = heap.objects(&Control::new()).expect("not stopped");
    objects.iter().filter_map(|object| types.object(object.address).ok()?.as_task()).collect()
}

/// `static async Task Async(Target held, Task<int> source) { await source; ... }`, whose source is a
/// `TaskCompletionSource` that nobody completes.
#[test]
fn a_waiting_async_method_is_the_continuation_of_what_it_awaits() {
    each_with("address.roots.async", |dump, runtime, _| {
        let tasks = all(runtime);
        let machine =
            tasks.iter().find(|task| task.state_machine().is_some()).expect("a state machine");
        assert!(machine.object().ty().name().contains("Zoo.Roots+<Async>"), "{}", dump.name());
        assert_eq!(machine.state(), Some(TaskState::WaitingForActivation));
        assert!(machine.continuations(10).is_empty() && machine.result().is_none());
        let held = machine.state_machine().and_then(|fields| fields.field("held"));
        let held = held.and_then(|held| held.reference()).map(|held| held.0);
        assert_eq!(held, dump.truth_address("address.roots.async"), "{}", dump.name());

        let address = machine.object().address();
        let awaited = tasks
            .iter()
            .find(|task| task.continuations(10).iter().any(|next| next.address() == address));
        let awaited = awaited.expect("what it awaits");
        assert_eq!(awaited.object().ty().name(), "System.Threading.Tasks.Task<System.Int32>");
        assert_eq!(awaited.state(), Some(TaskState::WaitingForActivation));
        assert!(awaited.result().is_none() && awaited.exceptions().is_empty());
        assert!(awaited.action().is_none() && awaited.async_state().is_none());
    });
}

#[test]
fn a_completed_task_has_its_state() {
    each_with("types.names", |dump, runtime, _| {
        let tasks = all(runtime);
        let done = tasks.iter().filter(|task| task.state() == Some(TaskState::RanToCompletion));
        let mut count = 0;
        for task in done {
            count += 1;
            assert!(task.continuations(10).is_empty(), "{}", dump.name());
        }
        assert!(count > 0, "{}: Task.CompletedTask is there", dump.name());
    });
}
