//! Timers, and registrations for cancellation, that are alive: by what they will call.

use std::collections::BTreeMap;

use clrscope_clr::{HeapGraph, ObjectRef, TypeId, TypeName, Types};
use clrscope_graph::Search;
use clrscope_memory::{Control, Interrupted, VirtAddr};

use crate::objects_of::{CHECK_EVERY, objects_of};

/// What something waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallbackKind {
    /// A time: an entry in the queue of timers.
    Timer,
    /// That a source of tokens is cancelled: a registration.
    Cancellation,
}

/// Timers or registrations that call objects of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallbackGroup {
    /// What they wait for.
    pub kind: CallbackKind,
    /// The type of the object that is called, or of the state that is handed on, whichever the program
    /// itself made; `None` if neither is known.
    pub who: Option<TypeId>,
    /// How many there are.
    pub count: u64,
    /// The one with the lowest address.
    pub sample: VirtAddr,
}

/// The entry of the queue of timers: `System/Threading/Timer.cs` of System.Private.CoreLib.
const TIMER: &str = "System.Threading.TimerQueueTimer";
/// A registration: `System/Threading/CancellationTokenSource.cs` of System.Private.CoreLib.
const REGISTRATION: &str = "System.Threading.CancellationTokenSource+CallbackNode";

/// Gathers living timers and registrations, the most first.
///
/// # Errors
/// If `control` stops it.
pub fn waiting_callbacks(
    graph: &HeapGraph<'_>,
    types: &Types<'_>,
    search: &Search,
    control: &Control<'_>,
) -> Result<Vec<CallbackGroup>, Interrupted> {
    let is_wanted = |name: &TypeName| name.is(TIMER) || name.is(REGISTRATION);
    let found = objects_of(graph.objects(), types, |ty| is_wanted(ty.type_name()), control)?;
    let mut groups: BTreeMap<(CallbackKind, Option<TypeId>), CallbackGroup> = BTreeMap::new();
    for (number, object) in found.into_iter().enumerate() {
        if number % CHECK_EVERY == 0 {
            control.check()?;
        }
        let is_alive = graph.id(object.address).and_then(|id| search.reachable(id)) == Some(true);
        let Some(entry) = types.object(object.address).ok().filter(|_| is_alive) else { continue };
        let Some((kind, who)) = called(&entry) else { continue };
        let who = who.and_then(|who| graph.object(graph.id(who.address())?));
        let who = who.map(|who| who.ty);
        let group = groups.entry((kind, who)).or_insert(CallbackGroup {
            kind,
            who,
            count: 0,
            sample: object.address,
        });
        group.count += 1;
    }
    let mut groups: Vec<CallbackGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.kind, group.who));
    Ok(groups)
}

/// What a timer or registration is for: `None` if it calls nothing any more, as entries that are kept to
/// be used again.
fn called<'a, 'data>(
    entry: &ObjectRef<'a, 'data>,
) -> Option<(CallbackKind, Option<ObjectRef<'a, 'data>>)> {
    let (kind, callback, state) = match entry.as_timer() {
        Some(timer) if timer.is_canceled => return None,
        Some(timer) => (CallbackKind::Timer, timer.callback?, timer.state),
        None => {
            let callback = entry.field("Callback")?.as_object()?.as_delegate()?;
            let state = entry.field("CallbackState").and_then(|state| state.as_object());
            (CallbackKind::Cancellation, callback, state)
        }
    };
    // `Register(Action)` hands the action on as the state of a callback of its own.
    let handed = state.as_ref().and_then(|state| state.as_delegate()?.target());
    let candidates = [handed, callback.target(), state];
    let is_of_program = |object: &ObjectRef<'_, '_>| {
        let name = object.ty().type_name();
        !matches!(name, TypeName::Named { namespace, .. }
            if **namespace == *"System" || namespace.starts_with("System."))
    };
    let known = || candidates.iter().flatten();
    let who = known().find(|object| is_of_program(object)).or_else(|| known().next());
    Some((kind, who.cloned()))
}
