//! One path from each root.

use clrscope_memory::{Control, Interrupted};

use super::Paths;
use crate::{Csr, Graph, ObjectId, RootPath, Search, Stop};

/// Objects on all paths together.
const MAX_OBJECTS: u64 = 1 << 24;

/// A shortest path from each root that reaches `target`: those from the first `preferred` of the roots
/// before all others, the shortest first, of equals that of the earlier root; at most `limit` of them.
///
/// `reverse` holds the edges of the graph the other way round ([`Csr::reversed`]).
///
/// # Errors
///
/// The memory is beyond the budget. When `control` stops the search, the paths that it has found are
/// the answer, and it says that there may be more.
pub fn paths_from_each_root(
    reverse: &Csr,
    roots: &[ObjectId],
    preferred: usize,
    target: ObjectId,
    limit: usize,
    control: &Control<'_>,
) -> Result<Paths, Interrupted> {
    // Read backwards, the parents of a search from the target lead to it.
    let search = Search::run_over(reverse, &[target], u64::MAX, control)?;
    let mut found: Vec<(bool, u32, u32)> = (0u32..)
        .zip(roots)
        .filter_map(|(root, &object)| {
            Some((preferred <= root as usize, search.distance(object)?, root))
        })
        .collect();
    found.sort_unstable();
    // Any number of roots can be far from the target.
    let mut left = MAX_OBJECTS;
    let fits = |&&(_, distance, _): &&(bool, u32, u32)| {
        let rest = left.checked_sub(u64::from(distance));
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let kept = found.iter().take(limit).take_while(fits).count().max(limit.min(1));
    let cut = kept < found.len();
    found.truncate(kept);
    let path = |(_, _, root): (bool, u32, u32)| {
        let mut objects = search.path_to(*roots.get(root as usize)?)?.objects;
        objects.reverse();
        Some(RootPath { root, objects })
    };
    let paths = found.into_iter().filter_map(path).collect();
    Ok(Paths { paths, stop: search.stop().or(cut.then_some(Stop::Limit)) })
}

impl Graph {
    /// The edges the other way round: who holds an object.
    ///
    /// # Errors
    ///
    /// `control` stopped it, or the memory is beyond the budget.
    pub fn reversed(&self, control: &Control<'_>) -> Result<Csr, Interrupted> {
        self.edges().reversed(control)
    }
}
