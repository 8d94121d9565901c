//! `System.Threading.CancellationTokenSource`: `System/Threading/CancellationTokenSource.cs` of
//! System.Private.CoreLib.

use clrscope_memory::limits;
use rustc_hash::FxHashSet;

use super::{Fact, Facts};
use crate::types::Constant;
use crate::value::object::ObjectRef;

pub(super) const TYPES: &[&str] = &["System.Threading.CancellationTokenSource"];
const STATE: &[&str] = &["_state", "m_state"];
const TIMER: &[&str] = &["_timer", "m_timer"];
/// One list of registrations (.NET 6 and later).
const REGISTRATIONS: &[&str] = &["_registrations"];
/// An array of lists, one for each processor (.NET Core 2.1 to .NET 5).
const PARTITIONS: &[&str] = &["_callbackPartitions"];
const FIRST: &str = "Callbacks";
const NEXT: &str = "Next";
const CALLBACK: &str = "Callback";

/// The constants that the class gives its states, whose values changed over time.
const STATES: [(&str, CancellationState); 4] = [
    ("CannotBeCanceled", CancellationState::CannotBeCanceled),
    ("NotCanceledState", CancellationState::NotCanceled),
    ("NotifyingState", CancellationState::Notifying),
    ("NotifyingCompleteState", CancellationState::Notified),
];

/// How far the cancellation of a source has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CancellationState {
    /// It is one that nobody can cancel.
    CannotBeCanceled,
    /// Nobody has cancelled it.
    NotCanceled,
    /// It was cancelled, and calls those that registered.
    Notifying,
    /// It was cancelled, and has called those that registered.
    Notified,
}

impl CancellationState {
    /// Whether it was cancelled.
    pub const fn is_canceled(self) -> bool {
        matches!(self, CancellationState::Notifying | CancellationState::Notified)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            CancellationState::CannotBeCanceled => "CannotBeCanceled",
            CancellationState::NotCanceled => "NotCanceled",
            CancellationState::Notifying => "Notifying",
            CancellationState::Notified => "Notified",
        }
    }
}

/// A source of cancellation tokens.
#[derive(Debug, Clone)]
pub struct CancellationView<'a, 'data> {
    /// How far its cancellation has got; `None` if that is not known.
    pub state: Option<CancellationState>,
    /// What registered for its cancellation and was not called yet: delegates mostly.
    pub callbacks: Vec<ObjectRef<'a, 'data>>,
    /// The timer that will cancel it.
    pub timer: Option<ObjectRef<'a, 'data>>,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The source of cancellation tokens that this object is.
    pub fn as_cancellation_source(&self) -> Option<CancellationView<'a, 'data>> {
        if !self.is_one_of(TYPES) {
            return None;
        }
        let lists = match self.field_of(REGISTRATIONS) {
            Some(one) => one.as_object().into_iter().collect(),
            None => {
                let partitions = self.field_of(PARTITIONS);
                let array = partitions.and_then(|array| array.as_object()?.as_array());
                let lists = array.iter().flat_map(|array| array.iter()).take(limits::MAX_LIST);
                lists.filter_map(|list| list.as_object()).collect::<Vec<_>>()
            }
        };
        let mut callbacks = Vec::new();
        let mut seen = FxHashSet::default();
        for list in lists {
            let mut node = list.field(FIRST).and_then(|first| first.as_object());
            while let Some(at) = node.filter(|node| seen.insert(node.address())) {
                callbacks.extend(at.field(CALLBACK).and_then(|callback| callback.as_object()));
                node = at.field(NEXT).and_then(|next| next.as_object());
            }
        }
        let timer = self.field_of(TIMER).and_then(|timer| timer.as_object());
        Some(CancellationView { state: self.cancellation_state(), callbacks, timer })
    }

    fn cancellation_state(&self) -> Option<CancellationState> {
        let field = STATE.iter().find_map(|name| self.ty().field(name))?;
        let state = self.value_of(field)?.as_integer()?;
        let class = self.types.get(field.declaring_type())?;
        let is_it = |name: &str| {
            let constant = class.static_field(name).and_then(|field| class.constant(field));
            constant == Some(Constant::Integer(state))
        };
        STATES.iter().find(|(name, _)| is_it(name)).map(|&(_, state)| state)
    }
}

pub(super) fn facts<'a, 'data>(object: &ObjectRef<'a, 'data>, limit: usize) -> Facts<'a, 'data> {
    let Some(source) = object.as_cancellation_source() else { return Vec::new() };
    let count = source.callbacks.len() as u64;
    let callbacks = source.callbacks.into_iter().take(limit).collect();
    vec![
        source.state.map(|state| ("state", Fact::Word(state.name()))),
        Some(("registrations", Fact::Objects(callbacks, count))),
        source.timer.map(|timer| ("timer", Fact::Object(timer))),
    ]
}
