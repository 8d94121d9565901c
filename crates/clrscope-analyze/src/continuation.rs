//! What runs when a task ends: through delegates and the wrappers of the class library to what a person
//! has written.
//!
//! Fields: `System/Threading/Tasks/TaskContinuation.cs`,
//! `System/Runtime/CompilerServices/AsyncMethodBuilderCore.cs` and
//! `System/Threading/Tasks/Sources/ManualResetValueTaskSourceCore.cs` of System.Private.CoreLib.

use clrscope_clr::{ObjectRef, TaskRef, Value};
use clrscope_memory::VirtAddr;

/// Wrappers in wrappers that are looked through.
const MAX_WRAPPERS: usize = 8;
/// Where wrappers of the class library keep what they are of.
const INNER: &[&str] = &["_innerTask", "m_task", "m_action", "_continuation", "m_stateMachine"];
/// Where an object that is awaited without a task keeps who goes on: itself, or in a struct.
const SOURCES: &[&str] = &["_valueTaskSource", "_mrvtsc", "_source", "<>v__promiseOfValueOrEnd"];
const STATES: &[&str] = &["_continuationState", "_state"];

/// What runs when an object ends that is a task or keeps an async method running; at most `limit`.
pub(crate) fn continuations(object: &ObjectRef<'_, '_>, limit: usize) -> Vec<VirtAddr> {
    let unwrapped = |object: ObjectRef<'_, '_>| unwrap(object).address();
    if let Some(task) = object.as_task() {
        return TaskRef::continuations(&task, limit).into_iter().map(unwrapped).collect();
    }
    let source = object.field_of(SOURCES);
    source.and_then(|source| awaiter_of(&source)).map(unwrapped).into_iter().collect()
}

/// Who awaits a source of a `ValueTask`.
fn awaiter_of<'a, 'data>(source: &Value<'a, 'data>) -> Option<ObjectRef<'a, 'data>> {
    let state = source.field_of(STATES).and_then(|state| state.as_object());
    state.or_else(|| source.field("_continuation")?.as_object())
}

/// The task, or what else keeps an async method running, that a continuation leads to; otherwise the
/// continuation itself.
pub(crate) fn unwrap<'a, 'data>(continuation: ObjectRef<'a, 'data>) -> ObjectRef<'a, 'data> {
    let mut object = continuation.clone();
    for _ in 0..MAX_WRAPPERS {
        if object.ty().is_task() || object.state_machine().is_some() {
            return object;
        }
        let inner = match object.as_delegate() {
            Some(delegate) => delegate.target(),
            None if object.ty().name().starts_with("System.") => {
                object.field_of(INNER).and_then(|inner| inner.as_object())
            }
            None => None,
        };
        match inner {
            Some(inner) => object = inner,
            None => break,
        }
    }
    continuation
}
