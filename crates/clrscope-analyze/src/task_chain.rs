//! What a task waits for, and that, and so on: what would have to happen for it to complete.

use clrscope_clr::{ObjectRef, TaskRef, TaskState, Value};
use clrscope_memory::{VirtAddr, limits};

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskLabel {
    /// The task.
    pub address: VirtAddr,
    /// The name of its type.
    pub name: String,
    /// The async method or the delegate that it is of: `Cases.Bank.Convert`.
    pub method: Option<String>,
    /// Its state.
    pub state: Option<TaskState>,
    /// Of an async method: the number of the `await` that it waits in; -1 while it runs.
    pub await_number: Option<i32>,
}

impl TaskLabel {
    pub(crate) fn new(task: &TaskRef<'_, '_>) -> TaskLabel {
        let machine = task.state_machine();
        let machine_name = machine.as_ref().and_then(machine_type);
        let number = machine.and_then(|machine| machine.field("<>1__state")?.as_i32());
        TaskLabel {
            address: task.object().address(),
            name: task.object().ty().name().to_owned(),
            method: machine_name.map(|name| async_method(&name)),
            state: task.state(),
            await_number: number,
        }
    }
}

/// The name of the type of a state machine.
pub(crate) fn machine_type(machine: &Value<'_, '_>) -> Option<String> {
    machine.ty().map(|ty| ty.name().to_owned())
}

/// The name of the method that a compiler made a state machine of: `Cases.Bank+<Convert>d__7` is of
/// `Cases.Bank.Convert`.
pub(crate) fn async_method(machine: &str) -> String {
    let Some((owner, rest)) = machine.rsplit_once("+<") else { return machine.to_owned() };
    // Mono's compiler says c__async.
    let method = rest.rsplit_once(">d").or_else(|| rest.rsplit_once(">c__async"));
    let Some((method, _)) = method else { return machine.to_owned() };
    format!("{owner}.{method}")
}

/// The task, the task that it waits for, the task that this one waits for, and so on.
pub fn task_chain(task: &TaskRef<'_, '_>) -> Vec<TaskLabel> {
    let mut chain = vec![TaskLabel::new(task)];
    let mut next = awaited(task);
    while let Some(task) = next
        && chain.len() < limits::MAX_DEPTH
        && chain.iter().all(|seen| seen.address != task.object().address())
    {
        chain.push(TaskLabel::new(&task));
        next = awaited(&task);
    }
    chain
}

/// The task that the async method of a task waits for: that in one of its awaiters which has not completed.
pub(crate) fn awaited<'a, 'data>(task: &TaskRef<'a, 'data>) -> Option<TaskRef<'a, 'data>> {
    let machine = task.state_machine()?;
    let ty = machine.ty()?;
    let awaiters = ty.fields().iter().filter(|field| field.name().starts_with("<>u__"));
    let tasks = awaiters.filter_map(|field| {
        let awaiter = machine.value_of(field)?;
        task_of_awaiter(&awaiter)
    });
    let is_pending =
        |task: &TaskRef<'_, '_>| task.state().is_some_and(|state| !state.is_completed());
    tasks.into_iter().find(is_pending)
}

/// The task in an awaiter: of a task, of a configured one, of a `ValueTask` that has one.
fn task_of_awaiter<'a, 'data>(awaiter: &Value<'a, 'data>) -> Option<TaskRef<'a, 'data>> {
    let of_field = |value: Value<'a, 'data>| -> Option<ObjectRef<'a, 'data>> { value.as_object() };
    let direct = awaiter.field("m_task").and_then(of_field);
    let configured =
        || awaiter.field("m_configuredTaskAwaiter")?.field("m_task").and_then(of_field);
    let value_task = || awaiter.field("_value")?.field("_obj").and_then(of_field);
    direct.or_else(configured).or_else(value_task)?.as_task()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_machines_are_called_by_their_methods() {
        assert_eq!(async_method("Cases.Bank+<Convert>d__7"), "Cases.Bank.Convert");
        assert_eq!(async_method("A.B+<>c+<<Main>b__0_0>d"), "A.B+<>c.<Main>b__0_0");
        assert_eq!(async_method("A.Outer+<Run>d__3<System.String>"), "A.Outer.Run");
        assert_eq!(async_method("A.B+<Run>c__async0"), "A.B.Run");
        assert_eq!(async_method("A.Machine"), "A.Machine");
    }
}
