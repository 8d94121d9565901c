//! Why an object is alive.

use clrscope_clr::HeapGraph;
use clrscope_graph::{NodeSet, ObjectId, RootPath, Stop};
use clrscope_memory::{Control, Interrupted};

/// Which paths to an object are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// One from each root that leads to it by objects of its own: what shares an object with a
    /// shorter path says nothing new.
    Unique,
    /// One from each root.
    EachRoot,
}

/// Why an object is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rooted {
    /// Whether a root keeps it alive; `None`, if that is not known, because the search was stopped,
    /// or because not all roots or references are known.
    pub reachable: Option<bool>,
    /// The paths: those from roots that say who holds what, shortest first; then those from leftovers on
    /// stacks.
    pub paths: Vec<RootPath>,
    /// Why there may be more; `None`, if these are all that were asked for.
    pub stop: Option<Stop>,
}

/// Paths that are looked at to find those that are unique.
const LOOKED_AT: usize = 10_000;

/// Finds what keeps `target` alive: at most `limit` paths.
///
/// # Errors
/// If `control` stops it before anything is known.
pub fn rooted(
    graph: &HeapGraph<'_>,
    target: ObjectId,
    wanted: Wanted,
    limit: usize,
    control: &Control<'_>,
) -> Result<Rooted, Interrupted> {
    let looked_at = match wanted {
        Wanted::Unique => limit.max(LOOKED_AT),
        Wanted::EachRoot => limit,
    };
    let found = graph.paths_from_each_root(target, looked_at, control)?;
    let reachable = match (found.paths.is_empty(), found.stop) {
        (false, _) => Some(true),
        // No path and no reason to stop: there is none. But only if all roots are known.
        (true, None) => graph.is_conclusive().then_some(false),
        (true, Some(_)) => None,
    };
    let mut stop = found.stop;
    let mut paths = found.paths;
    if wanted == Wanted::Unique {
        let mut seen = NodeSet::new(graph.graph().nodes());
        paths.retain(|path| {
            let own = path.objects.split_last().map_or(&[][..], |(_, own)| own);
            let is_new = own.iter().all(|&object| !seen.contains(object));
            if is_new {
                own.iter().for_each(|&object| {
                    seen.insert(object);
                });
            }
            is_new
        });
        if limit < paths.len() {
            paths.truncate(limit);
            stop = stop.or(Some(Stop::Limit));
        }
    }
    Ok(Rooted { reachable, paths, stop })
}
