//! `notreachableinrange`: objects that a range of memory refers to and that are dead.

use clap::Args;
use clrscope::analyze::Census;
use clrscope::clr::RootKind;
use clrscope::graph::{ObjectId, Search};
use clrscope::memory::VirtAddr;
use clrscope_report::Namer;
use clrscope_report::verbs::dumpheap::Statistics;
use clrscope_report::verbs::notreachableinrange;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which range, and what counts as a root.
#[derive(Debug, Args)]
pub(crate) struct NotReachableInRange {
    /// Where the references begin
    #[arg(value_name = "START", value_parser = value::address)]
    start: VirtAddr,

    /// Where they end
    #[arg(value_name = "END", value_parser = value::address)]
    end: VirtAddr,

    /// Print addresses only, for pipes
    #[arg(long)]
    short: bool,

    /// Do not count the finalizer queue as a root
    #[arg(long)]
    nofinalizer: bool,
}

impl Action for NotReachableInRange {
    const NAME: &'static str = "notreachableinrange";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Dead objects that a range of memory refers to";
    const EXAMPLES: &'static str = "
        clrscope notreachableinrange app.dmp 1185a90 1185b30
        clrscope notreachableinrange app.dmp 1185a90 1185b30 -nofinalizer -short
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        if self.end < self.start {
            return Err(Failure::Usage("the range of addresses ends before it starts".into()));
        }
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, true, &mut issues)?;
        let roots = graph.roots().iter().zip(graph.root_targets());
        let counts = |kind: &RootKind| {
            !(self.nofinalizer && matches!(kind, RootKind::FinalizerQueue { .. }))
        };
        let roots: Vec<ObjectId> =
            roots.filter(|(root, _)| counts(&root.kind)).map(|(_, &target)| target).collect();
        let search = Search::run(graph.graph(), &roots, &context.control())?;
        if !search.complete() {
            return Err(Failure::unfinished(&search));
        }
        let space = &context.snapshot().space;
        let width = context.snapshot().target.pointer_bytes();
        let mut dead = Vec::new();
        // Only what the dump holds is looked at, however long the range is.
        for (start, bytes) in space.iter_within(self.start, self.end) {
            for place in (0..bytes.len() as u64).step_by(width as usize) {
                let value = space.read_pointer(start.wrapping_add(place)).unwrap_or_default();
                let id = graph.id(value).filter(|&id| search.reachable(id) == Some(false));
                dead.extend(id.and_then(|id| graph.object(id)));
            }
        }
        let census = Census::of(&objects, dead.iter().copied());
        let namer = Namer { types: objects.types(), labels: &labels };
        let report = notreachableinrange::NotReachableInRange {
            objects: dead.iter().map(|object| namer.entry(object)).collect(),
            statistics: Statistics::new(&census, objects.types(), &labels),
            short: self.short,
        };
        context.answer(&report, &issues)
    }
}
