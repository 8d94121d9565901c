//! `dumpdelegate`: what a delegate calls.

use clap::Args;
use clrscope::clr::code::MethodFinder;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dumpdelegate;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object;
use crate::value;
use crate::verb::{Action, Group};

/// Which delegate.
#[derive(Debug, Args)]
pub(crate) struct DumpDelegate {
    /// The delegate
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// Delegates of a multicast list to show; all by default
    #[arg(long, value_name = "N", value_parser = value::count)]
    limit: Option<usize>,
}

impl Action for DumpDelegate {
    const NAME: &'static str = "dumpdelegate";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "What a delegate calls, and on which objects";
    const EXAMPLES: &'static str = "
        clrscope dumpdelegate app.dmp 0000024122b89780
        clrscope dumpdelegate app.dmp 022b8978 --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let (objects, _) = context.objects()?;
        let mut issues = context.issues();
        let found = object::find(context, &objects, self.address, &mut issues)?;
        let style = context.name_style();
        let delegate = found.object.as_delegate();
        let delegate = delegate.ok_or_else(|| object::is_no(&found.object, "delegate", style))?;
        let methods = MethodFinder::new(runtime)
            .map_err(|missing| Failure::Unreadable(missing.to_string()))?;
        let limit = self.limit.unwrap_or(usize::MAX);
        let verdict = found.verdict.clone();
        let report = dumpdelegate::DumpDelegate::new(&delegate, &methods, verdict, style, limit);
        Ok(found.outcome(context.answer(&report, &issues)?))
    }
}
