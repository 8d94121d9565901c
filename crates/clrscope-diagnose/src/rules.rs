//! The rules: one file and one line for each, in alphabetical order.

mod collections;
mod deadlock;
mod duplicate_strings;
mod dynamic_assemblies;
mod empty_arrays;
mod event_handlers;
mod exceptions;
mod finalizer;
mod fragmentation;
mod garbage_collection;
mod handles;
mod heap_corruption;
mod large_objects;
mod native_memory;
mod owner;
mod pinning;
mod sync_over_async;
mod timers;

use clrscope_analyze::{Facts, Unavailable};
use clrscope_memory::Control;

use crate::finding::Finding;

/// What a rule finds, or why it cannot look.
pub(crate) type Found = Result<Vec<Finding>, Unavailable>;

/// A rule.
pub(crate) struct Rule {
    /// Its name.
    pub(crate) id: &'static str,
    /// Looks at a process.
    pub(crate) look: fn(&Facts<'_, '_>, &Control<'_>) -> Found,
}

/// The table of all rules. Each entry is on a line of its own, so that lists merge.
#[rustfmt::skip]
pub(crate) const RULES: &[Rule] = &[
    collections::RULE,
    deadlock::RULE,
    duplicate_strings::RULE,
    dynamic_assemblies::RULE,
    empty_arrays::RULE,
    event_handlers::RULE,
    exceptions::RULE,
    finalizer::RULE,
    fragmentation::RULE,
    garbage_collection::RULE,
    handles::RULE,
    heap_corruption::RULE,
    large_objects::RULE,
    native_memory::RULE,
    owner::RULE,
    pinning::RULE,
    sync_over_async::RULE,
    timers::RULE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_names_of_their_own_in_order() {
        assert!(RULES.is_sorted_by(|a, b| a.id < b.id));
    }
}
