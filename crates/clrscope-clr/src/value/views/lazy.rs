//! `System.Lazy<T>`: `System/Lazy.cs` of System.Private.CoreLib.

use super::{Fact, Facts};
use crate::value::delegate::DelegateRef;
use crate::value::object::ObjectRef;
use crate::value::place::Value;

pub(super) const TYPES: &[&str] = &["System.Lazy`1"];
/// What makes the value; null as soon as there is one.
const STATE: &str = "_state";
const VALUE: &str = "_value";
const FACTORY: &str = "_factory";

/// A value that is made when it is first asked for.
#[derive(Debug, Clone)]
pub struct LazyView<'a, 'data> {
    /// Whether it has been made.
    pub is_created: bool,
    /// The value, if it has been made.
    pub value: Option<Value<'a, 'data>>,
    /// What will make it, if not the constructor of its type.
    pub factory: Option<DelegateRef<'a, 'data>>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The `Lazy<T>` that this object is.
    pub fn as_lazy(&self) -> Option<LazyView<'a, 'data>> {
        if !self.is_one_of(TYPES) {
            return None;
        }
        let is_created = self.field(STATE)?.is_null();
        Some(LazyView {
            is_created,
            value: if is_created { self.field(VALUE) } else { None },
            factory: self.field(FACTORY).and_then(|factory| factory.as_object()?.as_delegate()),
        })
    }
}

pub(super) fn facts<'a, 'data>(object: &ObjectRef<'a, 'data>, _: usize) -> Facts<'a, 'data> {
    let Some(lazy) = object.as_lazy() else { return Vec::new() };
    vec![
        Some(("created", Fact::Flag(lazy.is_created))),
        lazy.value.map(|value| ("value", Fact::Value(value))),
        lazy.factory.map(|factory| ("factory", Fact::Object(factory.object().clone()))),
    ]
}
