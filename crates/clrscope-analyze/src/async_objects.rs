//! The tasks and the async methods of a heap that have not ended.

use clrscope_clr::{HeapObjects, Object, ObjectRef, Stretch, TaskState, TypeId, Types};
use clrscope_memory::{Control, Interrupted, VirtAddr, limits};
use rustc_hash::FxHashMap;

use crate::continuation::continuations;

/// A task, or an object that keeps an async method running without being one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsyncObject {
    /// The object.
    pub object: Object,
    /// Whether it keeps an async method running.
    pub is_state_machine: bool,
    /// Its state; `None` of what is no task.
    pub state: Option<TaskState>,
    /// Of an async method: the number of the `await` that it waits in; -1 while it runs, -2 when it has
    /// ended.
    pub await_number: Option<i32>,
    /// What runs when it ends.
    pub continuations: Vec<VirtAddr>,
}

/// The tasks and async methods of a heap.
#[derive(Debug, Clone, Default)]
pub struct AsyncObjects {
    /// Those that have not ended, or all; in order of address.
    pub found: Vec<AsyncObject>,
    /// How many async methods have not ended.
    pub running_methods: u64,
    /// How many other tasks have not ended.
    pub running_tasks: u64,
    /// How many tasks and async methods have ended.
    pub completed: u64,
    pub(crate) index: FxHashMap<VirtAddr, usize>,
}

/// What the objects of a type are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Other,
    Task,
    Machine,
}

impl AsyncObjects {
    /// Finds tasks and async methods; those that have ended only if `completed`.
    ///
    /// # Errors
    /// If `control` stops it.
    pub fn new(
        objects: &HeapObjects<'_>,
        types: &Types<'_>,
        completed: bool,
        control: &Control<'_>,
    ) -> Result<AsyncObjects, Interrupted> {
        let roles: Vec<Role> =
            objects.types().iter().map(|(_, info)| role(types, info.address)).collect();
        let role_of = |ty: TypeId| roles.get(ty.index()).copied().unwrap_or(Role::Other);
        let start = |_: Stretch| AsyncObjects::default();
        let parts = objects.fold(control, start, |part, object, _| {
            let role = role_of(object.ty);
            if role == Role::Other {
                return;
            }
            let Ok(reference) = types.object(object.address) else { return };
            let Some(one) = AsyncObject::new(&reference, object, role == Role::Machine) else {
                return;
            };
            let counter = match (one.is_completed(), role) {
                (true, _) => &mut part.completed,
                (false, Role::Machine) => &mut part.running_methods,
                (false, _) => &mut part.running_tasks,
            };
            *counter += 1;
            if completed || !one.is_completed() {
                part.found.push(one);
            }
        })?;
        let mut all = AsyncObjects::default();
        for part in parts {
            all.found.extend(part.found);
            all.running_methods += part.running_methods;
            all.running_tasks += part.running_tasks;
            all.completed += part.completed;
        }
        all.index = (0..).zip(&all.found).map(|(at, one)| (one.object.address, at)).collect();
        Ok(all)
    }

    /// The one at an address.
    pub fn get(&self, address: VirtAddr) -> Option<&AsyncObject> {
        self.found.get(*self.index.get(&address)?)
    }
}

fn role(types: &Types<'_>, method_table: VirtAddr) -> Role {
    let Some(ty) = types.get(method_table) else { return Role::Other };
    // Also those that are pooled and no tasks.
    let is_box = ty.name().contains("StateMachineBox<") && ty.field("StateMachine").is_some();
    match (is_box, ty.is_task()) {
        (true, _) => Role::Machine,
        (false, true) => Role::Task,
        (false, false) => Role::Other,
    }
}

impl AsyncObject {
    /// `None` of a pooled box that nobody uses.
    fn new(
        reference: &ObjectRef<'_, '_>,
        object: &Object,
        is_state_machine: bool,
    ) -> Option<AsyncObject> {
        let task = reference.as_task();
        let state = task.and_then(|task| task.state());
        let machine = is_state_machine.then(|| reference.state_machine()).flatten();
        if !reference.ty().is_task() {
            let builder = machine.and_then(|machine| machine.field("<>t__builder"))?;
            builder.field("m_task")?.as_object()?;
        }
        let is_completed = state.is_some_and(TaskState::is_completed);
        Some(AsyncObject {
            object: *object,
            is_state_machine,
            state,
            await_number: machine.and_then(|machine| machine.field("<>1__state")?.as_i32()),
            continuations: match is_completed {
                true => Vec::new(),
                false => continuations(reference, limits::MAX_LIST),
            },
        })
    }

    /// Whether it has ended.
    pub fn is_completed(&self) -> bool {
        self.state.is_some_and(TaskState::is_completed)
    }
}
