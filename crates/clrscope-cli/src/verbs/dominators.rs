//! `dominators`: the tree of who alone keeps whom alive.

use clap::Args;
use clrscope::analyze::{RootLabeler, TreeLimits, dominator_tree};
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dominators::{self, DominatorEntry};
use clrscope_report::{Namer, RootEntry};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// How much of the tree.
#[derive(Debug, Args)]
pub(crate) struct DominatorTree {
    /// The object at the top; by default, those that nothing else dominates
    #[arg(value_name = "ADDRESS", value_parser = value::address)]
    address: Option<VirtAddr>,

    /// Levels to show
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = value::count)]
    depth: usize,

    /// Objects to show below each
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = value::count)]
    top: usize,
}

impl Action for DominatorTree {
    const NAME: &'static str = "dominators";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "The tree of who alone keeps whom alive";
    const EXAMPLES: &'static str = "
        clrscope dominators app.dmp
        clrscope dominators app.dmp 1e3c28 --depth 3 --top 10
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, true, &mut issues)?;
        let control = context.control();
        let top = self.address.map(|address| value::object(&graph, address)).transpose()?;
        let owners = context.ownership()?;
        if top.is_some_and(|top| !owners.dominators.reachable(top)) {
            return Err(Failure::NotFound("nothing is known to keep the object alive".into()));
        }
        let limits = TreeLimits { depth: self.depth, width: self.top };
        let nodes = dominator_tree(&graph, &owners, top, limits, &control)?;
        let namer = Namer { types: objects.types(), labels: &labels };
        let labeler = RootLabeler::new(&graph, context.name_style());
        let tree = nodes.iter().filter_map(|node| {
            Some(DominatorEntry {
                depth: node.depth as u64,
                object: namer.entry(&graph.object(node.object)?),
                root: node.root.map(|root| RootEntry::new(root, labeler.label(root))),
                retained: node.retained,
                children: node.children as u64,
            })
        });
        let tree = dominators::DominatorTree { alive: owners.bytes.total(), tree: tree.collect() };
        context.answer(&tree, &issues)
    }
}
