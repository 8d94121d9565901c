//! `System.Threading.Timer` and the entry of the queue of timers behind it:
//! `System/Threading/Timer.cs` of System.Private.CoreLib.

use super::{Fact, Facts};
use crate::value::delegate::DelegateRef;
use crate::value::object::ObjectRef;

pub(super) const TYPES: &[&str] =
    &["System.Threading.TimerQueueTimer", "System.Threading.Timer", "System.Threading.TimerHolder"];
const ENTRY: &[&str] = &["System.Threading.TimerQueueTimer"];
/// From a `Timer` to its holder and from that to its entry.
const INSIDE: &[&str] = &["_timer", "m_timer"];
const DUE: &[&str] = &["_dueTime", "m_dueTime"];
const PERIOD: &[&str] = &["_period", "m_period"];
const CALLBACK: &[&str] = &["_timerCallback", "m_timerCallback"];
const STATE: &[&str] = &["_state", "m_state"];
const CANCELED: &[&str] = &["_canceled", "m_canceled"];
const START: &[&str] = &["_startTicks", "m_startTicks"];

/// `Timeout.UnsignedInfinite`.
const NEVER: u32 = u32::MAX;

/// A timer.
#[derive(Debug, Clone)]
pub struct TimerView<'a, 'data> {
    /// Its entry in the queue of timers: a `TimerQueueTimer`.
    pub entry: ObjectRef<'a, 'data>,
    /// Milliseconds from `start_ticks` to its next tick; `None` if it is not set.
    pub due: Option<u32>,
    /// Milliseconds from tick to tick; `None` if it ticks once.
    pub period: Option<u32>,
    /// When it was set, in milliseconds since the machine started. .NET Core 2.1 keeps the lower 32 bits.
    pub start_ticks: Option<i64>,
    /// What it calls.
    pub callback: Option<DelegateRef<'a, 'data>>,
    /// What it calls it with.
    pub state: Option<ObjectRef<'a, 'data>>,
    /// Whether it was disposed of.
    pub is_canceled: bool,
}

impl<'a, 'data> ObjectRef<'a, 'data> {
    /// The timer that this object is, or belongs to.
    pub fn as_timer(&self) -> Option<TimerView<'a, 'data>> {
        if !self.is_one_of(TYPES) {
            return None;
        }
        // A timer has a holder, and that the entry.
        let inside = |object: ObjectRef<'a, 'data>| match object.field_of(INSIDE) {
            Some(inside) => inside.as_object(),
            None => Some(object),
        };
        let entry = inside(inside(self.clone())?)?;
        if !entry.is_one_of(ENTRY) {
            return None;
        }
        let milliseconds = |names| {
            let milliseconds = entry.field_of(names)?.as_integer()? as u32;
            (milliseconds != NEVER).then_some(milliseconds)
        };
        Some(TimerView {
            due: milliseconds(DUE),
            period: milliseconds(PERIOD).filter(|&period| period != 0),
            start_ticks: entry.field_of(START).and_then(|ticks| ticks.as_i64()),
            callback: entry.field_of(CALLBACK).and_then(|call| call.as_object()?.as_delegate()),
            state: entry.field_of(STATE).and_then(|state| state.as_object()),
            is_canceled: entry.field_of(CANCELED).and_then(|flag| flag.as_bool()).unwrap_or(false),
            entry,
        })
    }
}

pub(super) fn facts<'a, 'data>(object: &ObjectRef<'a, 'data>, _: usize) -> Facts<'a, 'data> {
    let Some(timer) = object.as_timer() else { return Vec::new() };
    let entry = timer.callback.as_ref().and_then(DelegateRef::entry_point);
    let callback = timer.callback.as_ref().map(|callback| callback.object().clone());
    vec![
        Some(("due", Fact::Milliseconds(timer.due))),
        Some(("period", Fact::Milliseconds(timer.period))),
        Some(("canceled", Fact::Flag(timer.is_canceled))),
        entry.map(|entry| ("method", Fact::EntryPoint(entry))),
        callback.map(|callback| ("callback", Fact::Object(callback))),
        timer.state.map(|state| ("state", Fact::Object(state))),
    ]
}
