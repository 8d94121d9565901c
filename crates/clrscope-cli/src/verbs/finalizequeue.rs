//! `finalizequeue`: what is registered for finalization, and what waits for it.

use clap::Args;
use clrscope::analyze::{Census, finalization, kept_by_queue, waiting};
use clrscope::clr::Object;
use clrscope::memory::VirtAddr;
use clrscope_report::Namer;
use clrscope_report::verbs::dumpheap::Statistics;
use clrscope_report::verbs::finalizequeue::{self, Detail, FinalizeTables, Listed};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// What to list, and how.
#[derive(Debug, Args)]
pub(crate) struct FinalizeQueue {
    /// List every object, too
    #[arg(long)]
    detail: bool,

    /// List what is ready, and what nothing keeps alive and so will be
    #[arg(long = "allready")]
    all_ready: bool,

    /// Print addresses only, for pipes
    #[arg(long, conflicts_with_all = ["detail", "stat"])]
    short: bool,

    /// Print types with their counts and sizes only
    #[arg(long, visible_alias = "summary", conflicts_with = "detail")]
    stat: bool,

    /// Say what ready objects keep alive that nothing else does
    #[arg(long, conflicts_with_all = ["short", "mt"])]
    retained: bool,

    /// Objects with this method table
    #[arg(long, value_name = "ADDRESS", value_parser = value::address)]
    mt: Option<VirtAddr>,
}

impl Action for FinalizeQueue {
    const NAME: &'static str = "finalizequeue";
    const ALIASES: &'static [&'static str] = &["fq"];
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Objects registered for finalization, and those that wait for it";
    const EXAMPLES: &'static str = "
        clrscope finalizequeue app.dmp
        clrscope finalizequeue app.dmp -allReady -stat
        clrscope finalizequeue app.dmp -retained
        clrscope finalizequeue app.dmp -short
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let mut found = finalization(&objects, &mut issues);
        if let Some(mt) = self.mt {
            let has_mt = |object: &Object| {
                objects.types().get(object.ty).is_some_and(|info| info.address == mt)
            };
            found.registered.retain(has_mt);
            found.ready.retain(|ready| has_mt(&ready.object));
        }
        let ready = || found.ready.iter().map(|ready| ready.object);
        let (of, listed) = if self.all_ready {
            let (graph, search) = context.search(&objects, &mut issues)?;
            let Some(dead) = found.dead(&graph, &search) else {
                return Err(Failure::unfinished(&search));
            };
            (Listed::AllReady, ready().chain(dead).collect::<Vec<_>>())
        } else {
            (Listed::All, found.registered.iter().copied().chain(ready()).collect())
        };
        let statistics = |objects_of: &mut dyn Iterator<Item = Object>| {
            Statistics::new(&Census::of(&objects, objects_of), objects.types(), &labels)
        };
        let tables = FinalizeTables {
            ready: statistics(&mut ready()),
            registered: statistics(&mut found.registered.iter().copied()),
            listed: statistics(&mut listed.iter().copied()),
        };
        let detail = match (self.short, self.stat, self.detail) {
            (true, ..) => Detail::Short,
            (_, true, _) => Detail::Statistics,
            (.., true) => Detail::Detailed,
            _ => Detail::Normal,
        };
        let (_, runtime) = context.runtime()?;
        let waiting = waiting(runtime, None, context.name_style(), &mut issues);
        let thread = waiting.finalizer(runtime);
        let process = (thread.as_ref(), &waiting.blocks);
        let namer = Namer { types: objects.types(), labels: &labels };
        let report =
            finalizequeue::FinalizeQueue::new(&found, of, &listed, tables, process, namer, detail);
        let report = match self.retained {
            true => {
                let graph = context.graph(&objects, true, &mut issues)?;
                let kept = kept_by_queue(&graph, &context.control());
                report.keeping(kept.map_err(Failure::from)?)
            }
            false => report,
        };
        context.answer(&report, &issues)
    }
}
