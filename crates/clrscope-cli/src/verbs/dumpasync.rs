//! `dumpasync`: async methods that have not ended, with who waits for them.

use clap::Args;
use clrscope::analyze::{
    AsyncObjects, AsyncReader, AsyncSelection, AsyncStack, RootLabeler, chain, waiting,
};
use clrscope::clr::code::MethodFinder;
use clrscope::clr::{HeapGraph, HeapObjects};
use clrscope::graph::Search;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dumpasync::{self, AsyncStackRow};
use clrscope_report::verbs::gcroot::PathEntry;
use clrscope_report::{Namer, RootEntry, StepEntry};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// What to show, and how.
#[derive(Debug, Args)]
pub(crate) struct DumpAsync {
    /// Stacks that have this object
    #[arg(long = "address", visible_alias = "addr", value_name = "ADDRESS", value_parser = value::address)]
    address: Option<VirtAddr>,

    /// Stacks that have an object with this method table
    #[arg(long = "methodtable", visible_alias = "mt", value_name = "ADDRESS", value_parser = value::address)]
    mt: Option<VirtAddr>,

    /// Stacks that have a type or a method whose name contains this text
    #[arg(long = "type", value_name = "TEXT")]
    type_name: Option<String>,

    /// Also tasks that no async method waits for
    #[arg(short = 't', long)]
    tasks: bool,

    /// Also what has ended
    #[arg(short = 'c', long)]
    completed: bool,

    /// Parameters and variables of async methods
    #[arg(short = 'f', long)]
    fields: bool,

    /// Count by type only
    #[arg(long, visible_alias = "stat")]
    stats: bool,

    /// Merge stacks that look the same: this is the default
    #[arg(long, conflicts_with = "each")]
    coalesce: bool,

    /// Each stack on its own
    #[arg(long)]
    each: bool,

    /// What keeps the stacks alive
    #[arg(long)]
    roots: bool,

    /// Stacks that text shows
    #[arg(long, value_name = "N", default_value = "50", value_parser = value::count)]
    limit: usize,
}

impl Action for DumpAsync {
    const NAME: &'static str = "dumpasync";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str =
        "Async methods that have not ended: what they wait for, and who waits for them";
    const EXAMPLES: &'static str = "
        clrscope dumpasync app.dmp
        clrscope dumpasync app.dmp -stats
        clrscope dumpasync app.dmp -type OrderService -fields -roots
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let types = context.types()?;
        let labels = context.labels(&objects, &mut issues)?;
        let style = context.name_style();
        let selection = AsyncSelection {
            address: self.address,
            method_table: self.mt,
            type_name: self.type_name.clone(),
            tasks: self.tasks,
            each: self.each,
        };
        let found = AsyncObjects::new(&objects, types, self.completed, &context.control())?;
        let counts = found.by_type(types, &selection, style);
        if self.stats {
            let report = dumpasync::DumpAsync::new(&found, &counts, None, self.limit);
            return context.answer(&report, &issues);
        }
        let (_, runtime) = context.runtime()?;
        let methods = MethodFinder::new(runtime).ok();
        let reader = AsyncReader::new(&found, types, style);
        let mut stacks = reader.stacks(&selection);
        stacks.iter_mut().for_each(|stack| reader.describe(stack, methods.as_ref(), self.fields));
        let waiting = waiting(runtime, None, style, &mut issues);
        let searched = match self.roots {
            true => Some(context.search(&objects, &mut issues)?),
            false => None,
        };
        let namer = Namer { types: objects.types(), labels: &labels };
        let rows = match &searched {
            Some((graph, search)) => {
                let labeler = RootLabeler::new(graph, style);
                let roots = Roots { graph, search, labeler, namer, objects: &objects };
                stacks
                    .iter()
                    .map(|stack| AsyncStackRow::new(stack, &waiting, roots.of(stack)))
                    .collect()
            }
            None => stacks.iter().map(|s| AsyncStackRow::new(s, &waiting, None)).collect(),
        };
        let report = dumpasync::DumpAsync::new(&found, &counts, Some(rows), self.limit);
        context.answer(&report, &issues)
    }
}

/// Finds what keeps stacks alive.
struct Roots<'a, 'data> {
    graph: &'a HeapGraph<'data>,
    search: &'a Search,
    labeler: RootLabeler<'data>,
    namer: Namer<'a>,
    objects: &'a HeapObjects<'data>,
}

impl Roots<'_, '_> {
    /// A shortest path to the top of the first stack. `None` if it is not known whether there is one.
    fn of(&self, stack: &AsyncStack) -> Option<Vec<PathEntry>> {
        let top = self.objects.object_at(*stack.samples.first()?)?;
        let Some(path) = self.search.path_to(self.graph.id(top.address)?) else {
            let is_known = self.search.complete() && self.graph.is_conclusive();
            return is_known.then(Vec::new);
        };
        let (root, _) = self.graph.resolve(&path)?;
        let steps = chain(self.graph, &path.objects);
        Some(vec![PathEntry {
            root: RootEntry::new(root, self.labeler.label(root)),
            chain: steps.iter().map(|step| StepEntry::new(step, self.namer)).collect(),
        }])
    }
}
