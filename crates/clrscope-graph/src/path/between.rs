//! From one object to another.

use clrscope_memory::{Control, Interrupted};

use crate::work::Ticker;
use crate::{Graph, NodeSet, ObjectId};

/// A shortest path from one object to another, both included; `None`, if there is none. From an
/// object to itself, it is the object alone.
///
/// Takes an eighth of a byte an object, and eight for each that is nearer than the goal.
///
/// # Errors
///
/// `control` stopped it: then it is not known whether there is a path.
pub fn path_between(
    graph: &Graph,
    from: ObjectId,
    to: ObjectId,
    control: &Control<'_>,
) -> Result<Option<Vec<ObjectId>>, Interrupted> {
    control.reserve(NodeSet::memory_needed(graph.nodes()) + u64::from(graph.nodes()) * 8)?;
    control.check()?;
    let mut ticker = Ticker::new(control, "searching a path", u64::from(graph.nodes()));
    let mut seen = NodeSet::new(graph.nodes());
    // What was found, and for each the place in this list of the one it was found from.
    let mut found: Vec<(ObjectId, u32)> = Vec::new();
    if seen.insert(from) {
        found.push((from, 0));
    }
    let mut next = 0;
    while let Some(&(object, before)) = found.get(next) {
        if object == to {
            return Ok(Some(trace(&found, object, before)));
        }
        ticker.step()?;
        for &target in graph.holds(object) {
            if seen.insert(target) {
                if target == to {
                    return Ok(Some(trace(&found, target, next as u32)));
                }
                found.push((target, next as u32));
            }
        }
        next += 1;
    }
    Ok(None)
}

/// The way back from the goal. The first of the list is its own predecessor.
fn trace(found: &[(ObjectId, u32)], goal: ObjectId, before: u32) -> Vec<ObjectId> {
    let mut path = vec![goal];
    let mut place = before;
    while path.last() != Some(&found[0].0) {
        let (object, before) = found[place as usize];
        path.push(object);
        place = before;
    }
    path.reverse();
    path
}
