//! `gcheapstat`: how full each generation of each heap is.

use clap::Args;
use clrscope::analyze::heap_stat;
use clrscope_report::verbs::gcheapstat;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to add up.
#[derive(Debug, Args)]
pub(crate) struct GcHeapStat {
    /// Add up what nothing keeps alive, too
    #[arg(long, visible_aliases = ["inclunrooted", "iu"])]
    unreachable: bool,
}

impl Action for GcHeapStat {
    const NAME: &'static str = "gcheapstat";
    const ALIASES: &'static [&'static str] = &["heapstat"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "How full each generation of each heap is";
    const EXAMPLES: &'static str = "
        clrscope gcheapstat app.dmp
        clrscope gcheapstat app.dmp -unreachable
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let control = context.control();
        let heaps = if self.unreachable {
            let (graph, search) = context.search(&objects, &mut issues)?;
            if !search.complete() {
                return Err(Failure::unfinished(&search));
            }
            heap_stat(&objects, Some((&graph, &search)), &control)?
        } else {
            heap_stat(&objects, None, &control)?
        };
        context.answer(&gcheapstat::GcHeapStat::new(&heaps, self.unreachable), &issues)
    }
}
