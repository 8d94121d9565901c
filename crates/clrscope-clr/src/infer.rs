//! Offsets that no layer says, by what must hold in every CLR.
//!
//! Each observation votes for the candidates that it agrees with, and the one with most votes is taken; where
//! two have as many, neither is. What is found this way is what walking the heap needs: where a generation
//! has its segments, and where a method table has its class, its parent, its module and the type of its
//! elements. What leads from there to names, modules and threads is not.

mod generations;
mod method_tables;

use std::collections::BTreeMap;
use std::ops::Range;

use clrscope_memory::{AddressSpace, Issues, VirtAddr};

use crate::layout::{Globals, Layout, Source};

/// How often each candidate was agreed with.
#[derive(Debug)]
struct Votes<K>(BTreeMap<K, u32>);

impl<K: Ord + Copy> Votes<K> {
    fn new() -> Votes<K> {
        Votes(BTreeMap::new())
    }

    fn add(&mut self, candidate: K) {
        *self.0.entry(candidate).or_default() += 1;
    }

    /// The candidate with most votes, and how it was found; `None` if there is none, or two are equal.
    fn winner(&self) -> Option<(K, Source)> {
        let (&winner, &votes) = self.0.iter().max_by_key(|&(_, votes)| votes)?;
        let others = self.0.iter().filter(|&(&candidate, _)| candidate != winner);
        let runner_up = others.map(|(_, &votes)| votes).max().unwrap_or(0);
        (runner_up < votes).then_some((winner, Source::Inferred { votes, runner_up }))
    }
}

/// What is known of a runtime beforehand.
#[derive(Debug, Clone)]
pub(crate) struct RuntimeTraits {
    /// Where its image is.
    pub(crate) image: Range<VirtAddr>,
    /// Whether method tables name the module that declares a type, as from .NET 9 on, and not the one that
    /// the type was loaded for.
    pub(crate) own_modules: bool,
}

/// Adds what can be inferred to a model that knows the variables of the GC and what all CLRs have in common.
/// Gives whether method tables can be read by it.
pub(crate) fn infer(
    space: &AddressSpace<'_>,
    runtime: &RuntimeTraits,
    layout: &mut Layout,
    globals: &mut Globals,
    issues: &mut Issues,
) -> bool {
    let Some(segments) = generations::infer(space, layout, globals, issues) else { return false };
    let tables = method_tables::sample(space, &segments);
    method_tables::infer(space, &tables, runtime, layout, globals, issues).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_votes_win_and_a_tie_is_refused() {
        let mut votes = Votes::new();
        assert_eq!(votes.winner(), None);
        votes.add(8);
        let sole = Source::Inferred { votes: 1, runner_up: 0 };
        assert_eq!(votes.winner(), Some((8, sole)));
        votes.add(16);
        assert_eq!(votes.winner(), None);
        votes.add(16);
        let better = Source::Inferred { votes: 2, runner_up: 1 };
        assert_eq!(votes.winner(), Some((16, better)));
    }
}
