//! `sizestats`: how many objects there are of each size.

use clap::Args;
use clrscope::analyze::size_stats;
use clrscope_report::verbs::sizestats;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct SizeStats {}

impl Action for SizeStats {
    const NAME: &'static str = "sizestats";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "How many objects and gaps there are of each size";
    const EXAMPLES: &'static str = "clrscope sizestats app.dmp --format csv";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, issues) = context.objects()?;
        let classes = size_stats(&objects, &context.control())?;
        context.answer(&sizestats::SizeStats::new(&classes), &issues)
    }
}
