//! The verbs: one file and one line for each, in alphabetical order.

mod dumpheap;
mod dynamic;
mod eeheap;
mod finalizequeue;
mod gchandles;
mod handles;
mod info;
mod layout;
mod verifyheap;

use crate::verb::Verb;

/// The table of all verbs. Each entry is on a line of its own, so that lists merge.
#[rustfmt::skip]
pub(crate) const VERBS: &[Verb] = &[
    Verb::of::<dumpheap::DumpHeap>(),
    Verb::of::<dynamic::Dynamic>(),
    Verb::of::<eeheap::EeHeap>(),
    Verb::of::<finalizequeue::FinalizeQueue>(),
    Verb::of::<gchandles::GcHandles>(),
    Verb::of::<handles::Handles>(),
    Verb::of::<info::Info>(),
    Verb::of::<layout::Layout>(),
    Verb::of::<verifyheap::VerifyHeap>(),
];
