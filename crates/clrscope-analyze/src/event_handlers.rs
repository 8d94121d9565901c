//! Events with many subscribers: each is kept alive by whoever has the event.

use std::collections::BTreeMap;

use clrscope_clr::{HeapGraph, Object, TypeId, Types};
use clrscope_graph::Search;
use clrscope_memory::{Control, Interrupted, limits};

use crate::objects_of::{CHECK_EVERY, objects_of};

/// A delegate that is alive and calls many others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrowdedEvent {
    /// The delegate.
    pub delegate: Object,
    /// How many it calls.
    pub handlers: u64,
    /// The types of the objects whose methods it calls, the most first.
    pub subscribers: Vec<(TypeId, u64)>,
}

/// Finds the living delegates that call at least `least` others, those that call most first.
///
/// # Errors
/// If `control` stops it.
pub fn crowded_events(
    graph: &HeapGraph<'_>,
    types: &Types<'_>,
    search: &Search,
    least: u64,
    control: &Control<'_>,
) -> Result<Vec<CrowdedEvent>, Interrupted> {
    let mut found = Vec::new();
    let delegates = objects_of(graph.objects(), types, |ty| ty.is_delegate(), control)?;
    for (number, object) in delegates.into_iter().enumerate() {
        if number % CHECK_EVERY == 0 {
            control.check()?;
        }
        let delegate = types.object(object.address).ok().and_then(|object| object.as_delegate());
        let Some(delegate) = delegate.filter(|delegate| delegate.part_count() >= least) else {
            continue;
        };
        let is_alive = graph.id(object.address).and_then(|id| search.reachable(id)) == Some(true);
        if !is_alive {
            continue;
        }
        let mut subscribers: BTreeMap<TypeId, u64> = BTreeMap::new();
        for part in delegate.parts(limits::MAX_LIST) {
            let target = part.target().and_then(|target| graph.id(target.address()));
            if let Some(target) = target.and_then(|target| graph.object(target)) {
                *subscribers.entry(target.ty).or_default() += 1;
            }
        }
        let mut subscribers: Vec<(TypeId, u64)> = subscribers.into_iter().collect();
        subscribers.sort_by_key(|&(ty, count)| (std::cmp::Reverse(count), ty));
        found.push(CrowdedEvent { delegate: object, handlers: delegate.part_count(), subscribers });
    }
    found.sort_by_key(|event| (std::cmp::Reverse(event.handlers), event.delegate.address));
    Ok(found)
}
