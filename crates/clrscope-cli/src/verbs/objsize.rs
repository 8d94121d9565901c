//! `objsize`: what objects refer to, directly or by others, whoever else does.

use clap::Args;
use clrscope::analyze::{Selection, Selector, UNKNOWN_STRINGS, census, string_groups};
use clrscope::graph::{Closure, ObjectId};
use clrscope::memory::VirtAddr;
use clrscope_report::Namer;
use clrscope_report::verbs::dumpheap::{HeapRows, ObjectList, Statistics, StringStatistics};
use clrscope_report::verbs::objsize;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which objects, and how what they refer to is shown.
#[derive(Debug, Args)]
pub(crate) struct ObjSize {
    /// The object
    #[arg(value_name = "ADDRESS", value_parser = value::address, required_unless_present = "mt")]
    address: Option<VirtAddr>,

    /// All objects with this method table together
    #[arg(long, value_name = "ADDRESS", value_parser = value::address, conflicts_with = "address")]
    mt: Option<VirtAddr>,

    /// Print types with their counts and sizes; the default
    #[arg(long, visible_alias = "summary", conflicts_with_all = ["short", "strings"])]
    stat: bool,

    /// Print addresses only, for pipes
    #[arg(long, conflicts_with = "strings")]
    short: bool,

    /// Count the strings among them by content
    #[arg(long)]
    strings: bool,
}

impl Action for ObjSize {
    const NAME: &'static str = "objsize";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Everything that an object refers to, directly or by others";
    const EXAMPLES: &'static str = "
        clrscope objsize app.dmp 1e3c28
        clrscope objsize app.dmp 1e3c28 -strings
        clrscope objsize app.dmp -mt 00007ff89d2a4f10
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let graph = context.graph(&objects, false, &mut issues)?;
        let starts: Vec<ObjectId> = match (self.address, self.mt) {
            (Some(address), _) => vec![value::object(&graph, address)?],
            (None, table) => {
                let selection = Selection { method_table: table, ..Selection::default() };
                let selector = Selector::new(&objects, &labels, &selection);
                selector.iter().filter_map(|(_, object)| graph.id(object.address)).collect()
            }
        };
        let Some(first) = starts.first().and_then(|&start| graph.object(start)) else {
            let table = self.mt.unwrap_or_default();
            return Err(Failure::NotFound(format!("no object has the method table {table}")));
        };
        let control = context.control();
        let mut closure = Closure::new(graph.graph().nodes());
        closure.of(graph.graph(), &starts, &control)?;
        let selection = Selection::default();
        let selector = Selector::new(&objects, &labels, &selection).within(&graph, &closure);
        if self.strings {
            let Some(groups) = string_groups(&objects, &selector, &control)? else {
                return Err(Failure::NotKnown(UNKNOWN_STRINGS.to_owned()));
            };
            return context.answer(&StringStatistics::new(&groups), &issues);
        }
        let census = census(&objects, &selector, &control)?;
        let statistics = Statistics::new(&census, objects.types(), &labels);
        if self.short {
            let rows = HeapRows::new(objects.types(), &labels, &selector);
            return context
                .answer(&ObjectList { objects: &rows, statistics, short: true }, &issues);
        }
        let namer = Namer { types: objects.types(), labels: &labels };
        let entry = namer.entry(&first);
        let of = match self.mt {
            Some(_) => objsize::Holders::Type {
                mt: entry.mt,
                name: entry.name,
                count: starts.len() as u64,
            },
            None => objsize::Holders::Object(entry),
        };
        context.answer(&objsize::ObjSize::new(of, statistics), &issues)
    }
}
