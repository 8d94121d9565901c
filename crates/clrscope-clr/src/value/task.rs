//! Tasks: their state, result, exceptions, and what goes on when they end.
//!
//! Fields and flags: `System/Threading/Tasks/Task.cs` and `TaskExceptionHolder.cs` of
//! System.Private.CoreLib (dotnet/coreclr, dotnet/runtime); the same from .NET Core 2.1 to .NET 10.

use std::fmt;

use clrscope_memory::limits;

use super::delegate::DelegateRef;
use super::exception::ExceptionRef;
use super::object::ObjectRef;
use super::place::Value;
use crate::types::ElementType;

// Bits of `m_stateFlags`.
const STARTED: u32 = 0x1_0000;
const DELEGATE_INVOKED: u32 = 0x2_0000;
const FAULTED: u32 = 0x20_0000;
const CANCELED: u32 = 0x40_0000;
const WAITING_ON_CHILDREN: u32 = 0x80_0000;
const RAN_TO_COMPLETION: u32 = 0x100_0000;
const WAITING_FOR_ACTIVATION: u32 = 0x200_0000;

/// What `Task.Status` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// Made, and nothing else.
    Created,
    /// Something else will complete it: an async method, a `TaskCompletionSource`, another task.
    WaitingForActivation,
    /// Given to a scheduler.
    WaitingToRun,
    /// Its delegate runs.
    Running,
    /// Its delegate is done, tasks attached to it are not.
    WaitingForChildrenToComplete,
    /// Done.
    RanToCompletion,
    /// Cancelled.
    Canceled,
    /// Ended by an exception.
    Faulted,
}

impl TaskState {
    /// The state that the flags of a task say: what `Task.Status` makes of them.
    pub const fn from_flags(flags: u32) -> TaskState {
        if flags & FAULTED != 0 {
            TaskState::Faulted
        } else if flags & CANCELED != 0 {
            TaskState::Canceled
        } else if flags & RAN_TO_COMPLETION != 0 {
            TaskState::RanToCompletion
        } else if flags & WAITING_ON_CHILDREN != 0 {
            TaskState::WaitingForChildrenToComplete
        } else if flags & DELEGATE_INVOKED != 0 {
            TaskState::Running
        } else if flags & STARTED != 0 {
            TaskState::WaitingToRun
        } else if flags & WAITING_FOR_ACTIVATION != 0 {
            TaskState::WaitingForActivation
        } else {
            TaskState::Created
        }
    }

    /// Its name, as .NET writes it.
    pub const fn name(self) -> &'static str {
        match self {
            TaskState::Created => "Created",
            TaskState::WaitingForActivation => "WaitingForActivation",
            TaskState::WaitingToRun => "WaitingToRun",
            TaskState::Running => "Running",
            TaskState::WaitingForChildrenToComplete => "WaitingForChildrenToComplete",
            TaskState::RanToCompletion => "RanToCompletion",
            TaskState::Canceled => "Canceled",
            TaskState::Faulted => "Faulted",
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_completed(self) -> bool {
        matches!(self, TaskState::RanToCompletion | TaskState::Canceled | TaskState::Faulted)
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An object whose type derives from `System.Threading.Tasks.Task`.
#[derive(Debug, Clone)]
pub struct TaskRef<'a, 'data> {
    object: ObjectRef<'a, 'data>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The task that this object is.
    pub fn as_task(&self) -> Option<TaskRef<'a, 'data>> {
        self.ty().is_task().then(|| TaskRef { object: self.clone() })
    }

    /// The fields of the async method that this object keeps running: parameters, variables, and
    /// `<>1__state`: -1 while it runs, else the number of the `await` that it waits in; -2 when it has
    /// ended. `None` for objects of other kinds, and up to .NET Core 2.0, where tasks do not know it.
    pub fn state_machine(&self) -> Option<Value<'a, 'data>> {
        let machine = self.field("StateMachine")?;
        // Unoptimised code has it in a class.
        match machine.element_type() {
            ElementType::Struct => Some(machine),
            _ => machine.as_object().map(|object| object.content()),
        }
    }
}

impl<'a, 'data> TaskRef<'a, 'data> {
    /// The task as an object.
    pub fn object(&self) -> &ObjectRef<'a, 'data> {
        &self.object
    }

    /// Its number; `None` if nobody has asked for it yet, which is when it gets one.
    pub fn id(&self) -> Option<i32> {
        self.object.field("m_taskId")?.as_i32().filter(|&id| id != 0)
    }

    /// `m_stateFlags`: its state, and the options that it was made with in the lower 16 bits.
    pub fn flags(&self) -> Option<u32> {
        let flags = self.object.field("m_stateFlags")?.as_integer()?;
        Some(flags as u32)
    }

    /// Its state.
    pub fn state(&self) -> Option<TaskState> {
        self.flags().map(TaskState::from_flags)
    }

    /// What it came to; `None` if it has no result, or not yet.
    pub fn result(&self) -> Option<Value<'a, 'data>> {
        let is_done = self.state() == Some(TaskState::RanToCompletion);
        is_done.then(|| self.object.field("m_result"))?
    }

    /// The exceptions that it ended by, or that it was cancelled with.
    pub fn exceptions(&self) -> Vec<ExceptionRef<'a, 'data>> {
        let holder = self.contingent("m_exceptionsHolder").and_then(|holder| holder.as_object());
        let Some(holder) = holder else { return Vec::new() };
        // A list of `ExceptionDispatchInfo`.
        let faults = || {
            let list = holder.field("m_faultExceptions")?.as_object()?;
            let count = list.field("_size")?.as_u64()?;
            let items = list.field("_items")?.as_object()?.as_array()?;
            Some(items.iter().take(usize::try_from(count).ok()?.min(limits::MAX_LIST)))
        };
        let faults = faults().into_iter().flatten().filter_map(|info| info.as_object());
        let cancelled = holder.field("m_cancellationException").and_then(|info| info.as_object());
        faults
            .chain(cancelled)
            .filter_map(|info| {
                info.field_of(&["_exception", "m_Exception"])?.as_object()?.as_exception()
            })
            .collect()
    }

    /// What runs when it ends: delegates (of `await`), objects of continuations, other tasks (of
    /// combinators such as `WhenAll`). At most `limit` of them.
    pub fn continuations(&self, limit: usize) -> Vec<ObjectRef<'a, 'data>> {
        let Some(object) = self.object.field("m_continuationObject").and_then(|c| c.as_object())
        else {
            return Vec::new();
        };
        // A plain object says that the task has ended and takes no more.
        if object.ty().name() == "System.Object" {
            return Vec::new();
        }
        if !object.ty().name().starts_with("System.Collections.Generic.List<") {
            return vec![object];
        }
        let list = || {
            let count = object.field("_size")?.as_u64()?;
            let items = object.field("_items")?.as_object()?.as_array()?;
            let count = usize::try_from(count).ok()?.min(limits::MAX_LIST);
            // Continuations that were taken back leave a null.
            Some(items.iter().take(count).filter_map(|item| item.as_object()).take(limit).collect())
        };
        list().unwrap_or_default()
    }

    /// What it runs; `None` for tasks that something else completes.
    pub fn action(&self) -> Option<DelegateRef<'a, 'data>> {
        self.object.field("m_action")?.as_object()?.as_delegate()
    }

    /// The object that it was made with, for its delegate or for who waits: `Task.AsyncState`.
    pub fn async_state(&self) -> Option<ObjectRef<'a, 'data>> {
        self.object.field("m_stateObject")?.as_object()
    }

    /// The async method that this task is of: see [`ObjectRef::state_machine`].
    pub fn state_machine(&self) -> Option<Value<'a, 'data>> {
        self.object.state_machine()
    }

    fn contingent(&self, name: &str) -> Option<Value<'a, 'data>> {
        self.object.field("m_contingentProperties")?.as_object()?.field(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_what_task_status_makes_of_the_flags() {
        for (flags, state) in [
            (0, TaskState::Created),
            (0x0200_0400, TaskState::WaitingForActivation),
            (STARTED | 4, TaskState::WaitingToRun),
            (STARTED | DELEGATE_INVOKED, TaskState::Running),
            (
                STARTED | DELEGATE_INVOKED | WAITING_ON_CHILDREN,
                TaskState::WaitingForChildrenToComplete,
            ),
            (0x0502_0400 | RAN_TO_COMPLETION, TaskState::RanToCompletion),
            (CANCELED | STARTED, TaskState::Canceled),
            (FAULTED | CANCELED | RAN_TO_COMPLETION, TaskState::Faulted),
        ] {
            assert_eq!(TaskState::from_flags(flags), state, "{flags:#x}");
            assert_eq!(state.is_completed(), flags & 0x0160_0000 != 0);
        }
    }
}
