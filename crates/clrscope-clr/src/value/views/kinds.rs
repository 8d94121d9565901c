//! The table of kinds of views.

use super::{Fact, Facts, cancellation, lazy, string_builder, timer, weak_reference};
use crate::types::TypeName;
use crate::value::delegate::DelegateForm;
use crate::value::object::ObjectRef;

/// A kind of view.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Full names of its types, without generic arguments. Types that derive from them are of it too.
    pub(super) types: &'static [&'static str],
    /// What it says, with lists of a limited length.
    pub(super) read: for<'a, 'data> fn(&ObjectRef<'a, 'data>, usize) -> Facts<'a, 'data>,
}

/// Every kind that is known. A type is of the first kind that it or the nearest of its bases is of.
pub(super) const KINDS: &[Kind] = &[
    Kind { name: "Delegate", types: &["System.MulticastDelegate"], read: delegate },
    Kind { name: "Exception", types: &["System.Exception"], read: exception },
    Kind { name: "Task", types: &["System.Threading.Tasks.Task"], read: task },
    Kind { name: "Type", types: &["System.RuntimeType"], read: runtime_type },
    Kind { name: "StringBuilder", types: string_builder::TYPES, read: string_builder::facts },
    Kind { name: "Lazy", types: lazy::TYPES, read: lazy::facts },
    Kind { name: "WeakReference", types: weak_reference::TYPES, read: weak_reference::facts },
    Kind { name: "Timer", types: timer::TYPES, read: timer::facts },
    Kind { name: "CancellationTokenSource", types: cancellation::TYPES, read: cancellation::facts },
];

fn delegate<'a, 'data>(object: &ObjectRef<'a, 'data>, limit: usize) -> Facts<'a, 'data> {
    let Some(delegate) = object.as_delegate() else { return Vec::new() };
    let form = delegate.form();
    let parts = || delegate.parts(limit).into_iter().map(|part| part.object().clone()).collect();
    let has_parts = matches!(form, DelegateForm::Multicast | DelegateForm::Wrapper);
    vec![
        Some(("form", Fact::Word(form.name()))),
        delegate.entry_point().map(|entry| ("method", Fact::EntryPoint(entry))),
        delegate.target().map(|target| ("target", Fact::Object(target))),
        has_parts.then(|| ("delegates", Fact::Objects(parts(), delegate.part_count()))),
    ]
}

fn exception<'a, 'data>(object: &ObjectRef<'a, 'data>, limit: usize) -> Facts<'a, 'data> {
    let Some(exception) = object.as_exception() else { return Vec::new() };
    let inner = exception.inner().map(|inner| inner.object().clone());
    let gathered = exception.inner_exceptions();
    let count = gathered.len() as u64;
    let gathered = gathered.into_iter().take(limit).map(|inner| inner.object().clone()).collect();
    vec![
        exception.message().map(|message| ("message", Fact::Text(message.to_string()))),
        exception.hresult().map(|hresult| ("hresult", Fact::Code(hresult as u32))),
        inner.map(|inner| ("inner", Fact::Object(inner))),
        (count > 0).then_some(("inner_exceptions", Fact::Objects(gathered, count))),
        exception.remote_stack().map(|stack| ("remote_stack", Fact::Text(stack.to_string()))),
        Some(("stack", Fact::Stack(exception.stack()))),
    ]
}

fn task<'a, 'data>(object: &ObjectRef<'a, 'data>, limit: usize) -> Facts<'a, 'data> {
    let Some(task) = object.as_task() else { return Vec::new() };
    let continuations = task.continuations(limit);
    let exceptions = task.exceptions().into_iter().map(|one| one.object().clone());
    let exceptions: Vec<_> = exceptions.collect();
    let count = exceptions.len() as u64;
    let has_action = task.action().map(|action| action.object().clone());
    vec![
        task.state().map(|state| ("state", Fact::Word(state.name()))),
        task.result().map(|result| ("result", Fact::Value(result))),
        (count > 0).then_some(("exceptions", Fact::Objects(exceptions, count))),
        task.id().map(|id| ("id", Fact::Number(id.into()))),
        has_action.map(|action| ("action", Fact::Object(action))),
        task.async_state().map(|state| ("async_state", Fact::Object(state))),
        task.state_machine().map(|machine| ("state_machine", Fact::Value(machine))),
        (!continuations.is_empty()).then(|| {
            let count = continuations.len() as u64;
            ("continuations", Fact::Objects(continuations, count))
        }),
    ]
}

fn runtime_type<'a, 'data>(object: &ObjectRef<'a, 'data>, _: usize) -> Facts<'a, 'data> {
    vec![object.as_type().map(|name| ("type", Fact::Type(name)))]
}

impl ObjectRef<'_, '_> {
    /// The name of the type that a `System.RuntimeType` stands for: what `typeof` gives.
    pub fn as_type(&self) -> Option<TypeName> {
        let is_type = self.ty().type_name().is("System.RuntimeType");
        let handle = is_type.then(|| self.field("m_handle")?.word())?;
        handle.filter(|handle| !handle.is_null()).map(|handle| self.types.handle_name(handle))
    }
}
