//! `gcroot`: why an object is alive.

use clap::Args;
use clrscope::analyze::{RootLabeler, Selection, Selector, TypeLabels, Wanted, chain, rooted};
use clrscope::clr::{HeapGraph, HeapObjects};
use clrscope::graph::{ObjectId, Parent, PathTree, Stop};
use clrscope::memory::{Issue, IssueKind, Issues, VirtAddr};
use clrscope_report::verbs::gcroot::{self, MergedRoots, MergedStep, PathEntry, RootedObject};
use clrscope_report::{Address, Namer, RootEntry, StepEntry};

use crate::context::{Context, stop_reason};
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};
use crate::{similar, value};

/// Which objects, and which paths.
#[derive(Debug, Args)]
pub(crate) struct GcRoot {
    /// The objects; an address inside of an object stands for it
    #[arg(value_name = "ADDRESS", required_unless_present = "type_name",
          value_parser = value::address)]
    addresses: Vec<VirtAddr>,

    /// All objects whose type's name contains this text, by merged paths
    #[arg(long = "type", value_name = "TEXT", conflicts_with = "addresses")]
    type_name: Option<String>,

    /// A path from each root, also where paths share objects
    #[arg(long)]
    all: bool,

    /// Leave out what is on the stacks of threads
    #[arg(long)]
    nostacks: bool,

    /// Paths to show; with -type, roots and the steps below each
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value::count)]
    limit: usize,
}

impl Action for GcRoot {
    const NAME: &'static str = "gcroot";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Paths from roots to an object: why it is alive";
    const EXAMPLES: &'static str = "
        clrscope gcroot app.dmp 00007ff812345678
        clrscope gcroot app.dmp 1e3c28 -all -limit 100
        clrscope gcroot app.dmp -type Cases.Order --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, !self.nostacks, &mut issues)?;
        match &self.type_name {
            Some(text) => self.merged(text, context, (&objects, &graph), &labels, issues),
            None => self.single(context, (&objects, &graph), &labels, issues),
        }
    }
}

impl GcRoot {
    fn single(
        &self,
        context: &Context<'_>,
        (objects, graph): (&HeapObjects<'_>, &HeapGraph<'_>),
        labels: &TypeLabels,
        mut issues: Issues,
    ) -> Result<Outcome, Failure> {
        let control = context.control();
        let wanted = if self.all { Wanted::EachRoot } else { Wanted::Unique };
        let labeler = RootLabeler::new(graph, context.name_style());
        let namer = Namer { types: objects.types(), labels };
        let mut answers = Vec::new();
        for &address in &self.addresses {
            let target = value::object(graph, address)?;
            let found = rooted(graph, target, wanted, self.limit, &control)?;
            if found.reachable.is_none() {
                issues.push(unknown(graph, found.stop));
            }
            let paths = found.paths.iter().filter_map(|path| {
                let (root, _) = graph.resolve(path)?;
                let steps = chain(graph, &path.objects);
                Some(PathEntry {
                    root: RootEntry::new(root, labeler.label(root)),
                    chain: steps.iter().map(|step| StepEntry::new(step, namer)).collect(),
                })
            });
            let object = graph.object(target).map(|object| namer.entry(&object));
            answers.extend(object.map(|object| RootedObject {
                object,
                reachable: found.reachable,
                paths: paths.collect(),
                more: found.stop.is_some(),
            }));
        }
        let is_unrooted = answers.iter().any(|answer| answer.reachable == Some(false));
        let report = match <[RootedObject; 1]>::try_from(answers) {
            Ok([one]) => gcroot::GcRoot::One(one),
            Err(objects) => gcroot::GcRoot::Many { objects },
        };
        let outcome = context.answer(&report, &issues)?;
        // What was asked for, a root, is not there.
        Ok(if is_unrooted && outcome == Outcome::Done { Outcome::Negative } else { outcome })
    }

    fn merged(
        &self,
        text: &str,
        context: &Context<'_>,
        (objects, graph): (&HeapObjects<'_>, &HeapGraph<'_>),
        labels: &TypeLabels,
        mut issues: Issues,
    ) -> Result<Outcome, Failure> {
        let control = context.control();
        let selection = Selection { type_name: Some(text.to_owned()), ..Selection::default() };
        let selector = Selector::new(objects, labels, &selection);
        let targets: Vec<ObjectId> =
            selector.iter().filter_map(|(_, object)| graph.id(object.address)).collect();
        if targets.is_empty() {
            return Err(Failure::NotFound(similar::no_type(text, &context.type_names()?)));
        }
        let search = graph.search(&control)?;
        if !search.complete() {
            return Err(Failure::unfinished(&search));
        }
        let count = targets.len() as u64;
        let label = |step: Parent| match step {
            Parent::Root(root) => u64::from(root) << 32,
            Parent::Object(id) => graph.object(id).map_or(0, |object| u64::from(object.ty.0) + 1),
        };
        let tree = PathTree::merge(&search, targets, label, &control)?;
        let unreachable = graph.is_conclusive().then(|| tree.unreached());
        if unreachable.is_none() && tree.unreached() > 0 {
            issues.push(unknown(graph, search.stop()));
        }
        let merged = Merged {
            graph,
            tree: &tree,
            labels,
            labeler: RootLabeler::new(graph, context.name_style()),
            limit: self.limit,
        };
        let (roots, hidden) = merged.steps(tree.tops());
        let report = MergedRoots { targets: count, unreachable, roots, hidden };
        context.answer(&report, &issues)
    }
}

/// Why nobody knows whether an object is alive.
fn unknown(graph: &HeapGraph<'_>, stop: Option<Stop>) -> Issue {
    let why = match stop {
        Some(stop) => format!("the search was not finished: {}", stop_reason(stop)),
        None if graph.has_stacks() => "not all roots and references are known".to_owned(),
        None => "the stacks were not searched".to_owned(),
    };
    Issue::general(IssueKind::Interrupted, format!("no root was found, but {why}"))
}

/// Levels of merged paths that are shown: a list of a million nodes is a path as long.
const LEVELS: usize = 24;

/// Turns merged paths into steps.
struct Merged<'a, 'data> {
    graph: &'a HeapGraph<'data>,
    tree: &'a PathTree,
    labels: &'a TypeLabels,
    labeler: RootLabeler<'data>,
    limit: usize,
}

impl Merged<'_, '_> {
    /// The steps of these nodes and what is below them, and how many were left out.
    fn steps(&self, nodes: &[u32]) -> (Vec<MergedStep>, u64) {
        self.steps_at(nodes, 0)
    }

    fn steps_at(&self, nodes: &[u32], level: usize) -> (Vec<MergedStep>, u64) {
        let shown = if level < LEVELS { nodes.len().min(self.limit) } else { 0 };
        let hidden = nodes.len() as u64 - shown as u64;
        let steps = nodes.iter().take(shown).filter_map(|&index| {
            let node = self.tree.nodes().get(index as usize)?;
            let (below, hidden) = self.steps_at(self.tree.below(index), level + 1);
            let (objects, targets) = (u64::from(node.objects), node.targets);
            let step = MergedStep {
                root: None,
                name: None,
                example: None,
                objects,
                targets,
                below,
                hidden,
            };
            Some(match node.step {
                Parent::Root(root) => {
                    let root = self.graph.roots().get(root as usize)?;
                    MergedStep {
                        root: Some(RootEntry::new(root, self.labeler.label(root))),
                        ..step
                    }
                }
                Parent::Object(id) => {
                    let object = self.graph.object(id)?;
                    MergedStep {
                        name: Some(self.labels.name(object.ty).to_owned()),
                        example: Some(Address::from(object.address)),
                        ..step
                    }
                }
            })
        });
        (steps.collect(), hidden)
    }
}
