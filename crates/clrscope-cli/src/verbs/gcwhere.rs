//! `gcwhere` and `lno`: where on the heap an address is, and what is beside it.

use clap::Args;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::gcwhere;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which address.
#[derive(Debug, Args)]
pub(crate) struct GcWhere {
    /// The address
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for GcWhere {
    const NAME: &'static str = "gcwhere";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Heap, segment and generation of an address";
    const EXAMPLES: &'static str = "clrscope gcwhere app.dmp 0000024122b89780";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        answer(context, self.address, false)
    }
}

/// Which address.
#[derive(Debug, Args)]
pub(crate) struct ListNear {
    /// The address: of an object, inside one, or anywhere on the heap
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for ListNear {
    const NAME: &'static str = "listnearobj";
    const ALIASES: &'static [&'static str] = &["lno"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "The object at an address, the one before it and the one behind it";
    const EXAMPLES: &'static str = "
        clrscope listnearobj app.dmp 0000024122b89780
        clrscope lno app.dmp 022b8978 --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        answer(context, self.address, true)
    }
}

fn answer(context: &Context<'_>, address: VirtAddr, neighbours: bool) -> Result<Outcome, Failure> {
    let (objects, mut issues) = context.objects()?;
    let labels = context.labels(&objects, &mut issues)?;
    let found = objects
        .neighbourhood(address)
        .ok_or_else(|| Failure::NotFound(format!("{address:#x} is in no segment of the heap")))?;
    let report = gcwhere::GcWhere::new(&objects, &labels, address.into(), &found, neighbours);
    context.answer(&report, &issues)
}
