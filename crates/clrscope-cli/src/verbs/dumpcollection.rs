//! `dumpconcurrentdictionary` and `dumpconcurrentqueue`: a collection with all of its elements.

use clap::Args;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dumpcollection;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object;
use crate::value;
use crate::verb::{Action, Group};

/// Which collection.
#[derive(Debug, Args)]
struct Which {
    /// The collection
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// Elements to show; all by default
    #[arg(long, value_name = "N", value_parser = value::count)]
    limit: Option<usize>,
}

/// Which dictionary.
#[derive(Debug, Args)]
pub(crate) struct Dictionary {
    #[command(flatten)]
    which: Which,
}

impl Action for Dictionary {
    const NAME: &'static str = "dumpconcurrentdictionary";
    const ALIASES: &'static [&'static str] = &["dcd"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "The keys and values of a ConcurrentDictionary";
    const EXAMPLES: &'static str = "
        clrscope dumpconcurrentdictionary app.dmp 0000024122b89780
        clrscope dcd app.dmp 022b8978 --limit 100 --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        show(context, &self.which, "ConcurrentDictionary")
    }
}

/// Which queue.
#[derive(Debug, Args)]
pub(crate) struct Queue {
    #[command(flatten)]
    which: Which,
}

impl Action for Queue {
    const NAME: &'static str = "dumpconcurrentqueue";
    const ALIASES: &'static [&'static str] = &["dcq"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "The elements of a ConcurrentQueue";
    const EXAMPLES: &'static str = "
        clrscope dumpconcurrentqueue app.dmp 0000024122b89780
        clrscope dcq app.dmp 022b8978 --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        show(context, &self.which, "ConcurrentQueue")
    }
}

fn show(context: &Context<'_>, which: &Which, kind: &str) -> Result<Outcome, Failure> {
    let (objects, _) = context.objects()?;
    let mut issues = context.issues();
    let found = object::find(context, &objects, which.address, &mut issues)?;
    let style = context.name_style();
    let collection = found.object.as_collection(which.limit.unwrap_or(usize::MAX));
    let collection = collection
        .filter(|collection| collection.kind == kind)
        .ok_or_else(|| object::is_no(&found.object, kind, style))?;
    let verdict = found.verdict.clone();
    let report = dumpcollection::DumpCollection::new(&found.object, &collection, verdict, style);
    Ok(found.outcome(context.answer(&report, &issues)?))
}
