//! The timers that are set: `System/Threading/Timer.cs` of System.Private.CoreLib.

use clrscope_clr::code::MethodFinder;
use clrscope_clr::{NameStyle, ObjectRef, Types};
use clrscope_memory::{VirtAddr, limits};
use rustc_hash::FxHashSet;

use crate::thread_pool::{loaded_type, static_of};

/// A timer that is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimerEntry {
    /// Its entry in a queue: a `TimerQueueTimer`.
    pub address: VirtAddr,
    /// Whether it is among those that are due soon; `None` up to .NET Core 2.1, which has one list.
    pub is_short: Option<bool>,
    /// Milliseconds from when it was set to its next tick.
    pub due: Option<u32>,
    /// Milliseconds from tick to tick; `None` if it ticks once.
    pub period: Option<u32>,
    /// When it was set, in milliseconds since the machine started.
    pub start_ticks: Option<i64>,
    /// What it calls with: the object and the name of its type.
    pub state: Option<(VirtAddr, String)>,
    /// The method that it calls, if it is known.
    pub method: Option<String>,
    /// The object that it calls it on and the name of its type.
    pub target: Option<(VirtAddr, String)>,
}

const QUEUE: &str = "System.Threading.TimerQueue";
/// The lists of a queue: of timers that are due soon, of others; before .NET Core 3.0 of all.
const LISTS: &[(&str, Option<bool>)] =
    &[("_shortTimers", Some(true)), ("_longTimers", Some(false)), ("m_timers", None)];

/// The timers in the queues, queue by queue. `None` if there is no queue, because no timer was ever set.
pub fn timers(
    types: &Types<'_>,
    methods: Option<&MethodFinder<'_>>,
    style: NameStyle,
) -> Option<Vec<TimerEntry>> {
    let ty = loaded_type(types, QUEUE)?;
    let queues = static_of(&ty, "Instances").and_then(|queues| queues.as_object()?.as_array())?;
    let described = |object: ObjectRef<'_, '_>| (object.address(), object.ty().name_in(style));
    let mut found = Vec::new();
    let mut seen = FxHashSet::default();
    for queue in queues.iter().filter_map(|queue| queue.as_object()) {
        for (list, is_short) in LISTS {
            let mut next = queue.field(list).and_then(|first| first.as_object());
            while let Some(entry) = next.take()
                && found.len() < limits::MAX_LIST
                && seen.insert(entry.address())
            {
                next = entry.field_of(&["_next", "m_next"]).and_then(|next| next.as_object());
                let Some(timer) = entry.as_timer() else { continue };
                let callback = timer.callback.as_ref();
                let method = callback.and_then(|callback| methods?.of_delegate(callback));
                found.push(TimerEntry {
                    address: entry.address(),
                    is_short: *is_short,
                    due: timer.due,
                    period: timer.period,
                    start_ticks: timer.start_ticks,
                    method: method.map(|method| method.to_string_in(style)),
                    target: callback.and_then(|callback| callback.target()).map(described),
                    state: timer.state.map(described),
                });
            }
        }
    }
    Some(found)
}
