//! `objsize`: what an object keeps alive, whoever else does.

use clap::Args;
use clrscope::analyze::Census;
use clrscope::graph::Closure;
use clrscope::memory::VirtAddr;
use clrscope_report::Namer;
use clrscope_report::verbs::dumpheap::Statistics;
use clrscope_report::verbs::objsize;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which object.
#[derive(Debug, Args)]
pub(crate) struct ObjSize {
    /// The object
    #[arg(value_name = "ADDRESS", value_parser = value::address)]
    address: VirtAddr,
}

impl Action for ObjSize {
    const NAME: &'static str = "objsize";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Everything that an object refers to, directly or by others";
    const EXAMPLES: &'static str = "
        clrscope objsize app.dmp 1e3c28
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, false, &mut issues)?;
        let start = value::object(&graph, self.address)?;
        let mut closure = Closure::new(graph.graph().nodes());
        let reached = closure.of(graph.graph(), &[start], &context.control())?;
        let census = Census::of(&objects, reached.iter().filter_map(|&id| graph.object(id)));
        let namer = Namer { types: objects.types(), labels: &labels };
        let Some(object) = graph.object(start) else {
            return Err(Failure::NotThere(format!("no object is at {}", self.address)));
        };
        let report = objsize::ObjSize {
            object: namer.entry(&object),
            objects: census.objects,
            bytes: census.bytes,
            statistics: Statistics::new(&census, objects.types(), &labels),
        };
        context.answer(&report, &issues)
    }
}
