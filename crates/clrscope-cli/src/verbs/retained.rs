//! `retained`: who alone keeps how much alive.

use clap::{Args, ValueEnum};
use clrscope::analyze::{Ownership, RetainedBy, TypeLabels, retained_by, retained_by_static};
use clrscope::clr::HeapGraph;
use clrscope::graph::{Holder, NodeSet, ObjectId, retained_by_set};
use clrscope::memory::{Control, Interrupted, VirtAddr};
use clrscope_report::verbs::retained::{By, RetainedReport, RetainedRow};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Whose memory.
#[derive(Debug, Args)]
pub(crate) struct Retained {
    /// Objects: what they retain together; by default, those that retain most, of a list its head
    #[arg(value_name = "ADDRESS", value_parser = value::address)]
    addresses: Vec<VirtAddr>,

    /// What memory is added up by
    #[arg(long, value_name = "WHAT", default_value = "object", conflicts_with = "addresses")]
    by: Grouping,

    /// Show the links of lists, too
    #[arg(long)]
    links: bool,

    /// Rows to show
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = value::count)]
    top: usize,
}

/// What memory is added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Grouping {
    /// Single objects.
    Object,
    /// Types: what all objects of a type retain together.
    Type,
    /// Static fields.
    Static,
    /// Assemblies.
    Module,
    /// Load contexts.
    Alc,
}

impl Action for Retained {
    const NAME: &'static str = "retained";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "What would be freed without an object, a type, a static field";
    const EXAMPLES: &'static str = "
        clrscope retained app.dmp --by static
        clrscope retained app.dmp --by type --top 50
        clrscope retained app.dmp 1e3c28
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, true, &mut issues)?;
        let control = context.control();
        let group = |by| retained_by(&graph, &labels, by, self.top, &control);
        let (by, groups) = match self.by {
            _ if !self.addresses.is_empty() => {
                return context.answer(&self.set(&graph, &labels, &control)?, &issues);
            }
            Grouping::Object => {
                let owners = context.ownership()?;
                return context.answer(&self.objects(&graph, &labels, &owners, &control)?, &issues);
            }
            Grouping::Type => (By::Type, group(RetainedBy::Type)?),
            Grouping::Module => (By::Module, group(RetainedBy::Module)?),
            Grouping::Alc => (By::Alc, group(RetainedBy::LoadContext)?),
            Grouping::Static => (By::Static, retained_by_static(&graph, &control)?),
        };
        let retained = groups.into_iter().take(self.top);
        let retained = retained.map(|group| RetainedRow::of_group(by, group)).collect();
        let alive = alive(&graph, &control)?;
        context.answer(&RetainedReport { by, alive, retained }, &issues)
    }
}

impl Retained {
    fn objects(
        &self,
        graph: &HeapGraph<'_>,
        labels: &TypeLabels,
        owners: &Ownership,
        control: &Control<'_>,
    ) -> Result<RetainedReport, Failure> {
        let all = (0..graph.graph().nodes()).map(ObjectId);
        let wants = |id| self.links || !continues(graph, owners, id);
        let top = owners.bytes.largest_where(all, self.top, wants);
        let retained = top.into_iter().filter_map(|(id, retained)| {
            let object = graph.object(id)?;
            Some(RetainedRow {
                address: Some(object.address.into()),
                ty: None,
                field: None,
                name: labels.name(object.ty).to_owned(),
                count: 1,
                shallow: object.size,
                retained_count: owners.counts.of(id),
                retained,
            })
        });
        let retained = retained.collect();
        Ok(RetainedReport { by: By::Object, alive: alive(graph, control)?, retained })
    }

    /// What the objects that were named retain: the one, or all together.
    fn set(
        &self,
        graph: &HeapGraph<'_>,
        labels: &TypeLabels,
        control: &Control<'_>,
    ) -> Result<RetainedReport, Failure> {
        let sizes = graph.sizes(control)?;
        let mut set = NodeSet::new(graph.graph().nodes());
        let mut only = None;
        let mut row = RetainedRow {
            address: None,
            ty: None,
            field: None,
            name: self.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            count: 0,
            shallow: 0,
            retained_count: 0,
            retained: 0,
        };
        for &address in &self.addresses {
            let id = value::object(graph, address)?;
            if set.insert(id) {
                row.count += 1;
                row.shallow += sizes.of(id);
                only = graph.object(id);
            }
        }
        let by = if row.count == 1 { By::Object } else { By::Set };
        if let Some(object) = only.filter(|_| by == By::Object) {
            row.address = Some(object.address.into());
            row.name = labels.name(object.ty).to_owned();
        }
        let roots: Vec<ObjectId> = graph.holding_roots().map(|(_, target)| target).collect();
        let totals = retained_by_set(graph.graph(), &roots, &set, |id| sizes.of(id), control)?;
        row.retained_count = totals.objects;
        row.retained = totals.bytes;
        Ok(RetainedReport { by, alive: alive(graph, control)?, retained: vec![row] })
    }
}

/// Whether an object only goes on where the one that holds it began, as the next link of a list does: it has
/// the same type and retains most of what that one does. A list would fill the answer with its links.
fn continues(graph: &HeapGraph<'_>, owners: &Ownership, id: ObjectId) -> bool {
    let Some(Holder::Object(holder)) = owners.dominators.holder(id) else { return false };
    let ty = |id| graph.object(id).map(|object| object.ty);
    owners.bytes.of(holder) / 2 < owners.bytes.of(id) && ty(holder) == ty(id)
}

/// Bytes of all objects that a root keeps alive.
fn alive(graph: &HeapGraph<'_>, control: &Control<'_>) -> Result<u64, Interrupted> {
    let sizes = graph.sizes(control)?;
    let search = graph.search(control)?;
    let ids = (0..graph.graph().nodes()).map(ObjectId);
    Ok(ids.filter(|&id| search.reachable(id) == Some(true)).map(|id| sizes.of(id)).sum())
}
