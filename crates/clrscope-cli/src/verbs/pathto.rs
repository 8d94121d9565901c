//! `pathto`: how one object refers to another.

use clap::Args;
use clrscope::analyze::chain;
use clrscope::graph::path_between;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::pathto;
use clrscope_report::{Namer, StepEntry};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which objects.
#[derive(Debug, Args)]
pub(crate) struct PathTo {
    /// The object that the path begins at
    #[arg(value_name = "FROM", value_parser = value::address)]
    from: VirtAddr,

    /// The object that it leads to
    #[arg(value_name = "TO", value_parser = value::address)]
    to: VirtAddr,
}

impl Action for PathTo {
    const NAME: &'static str = "pathto";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "A shortest path from one object to another";
    const EXAMPLES: &'static str = "
        clrscope pathto app.dmp 1e3c28 1e4000
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, false, &mut issues)?;
        let (from, to) = (value::object(&graph, self.from)?, value::object(&graph, self.to)?);
        let Some(path) = path_between(graph.graph(), from, to, &context.control())? else {
            let message = format!("no path leads from {} to {}", self.from, self.to);
            return Err(Failure::NotFound(message));
        };
        let namer = Namer { types: objects.types(), labels: &labels };
        let steps = chain(&graph, &path);
        let chain = steps.iter().map(|step| StepEntry::new(step, namer)).collect();
        context.answer(&pathto::PathTo { chain }, &issues)
    }
}
