//! `eeheap`: heaps, segments or regions, generations.

use clap::Args;
use clrscope_report::verbs::eeheap;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct EeHeap {
    /// Heaps of the garbage collector; the default
    #[arg(long)]
    gc: bool,
}

impl Action for EeHeap {
    const NAME: &'static str = "eeheap";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Heaps with their segments or regions and generations";
    const EXAMPLES: &'static str = "
        clrscope eeheap app.dmp -gc
        clrscope eeheap app.dmp -gc --classic
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let heap = context.heap()?;
        let mut issues = context.issues();
        issues.append(heap.runtime().issues().clone());
        issues.append(heap.issues().clone());
        context.answer(&eeheap::EeHeap::new(heap), &issues)
    }
}
