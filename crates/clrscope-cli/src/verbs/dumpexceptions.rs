//! `dumpexceptions`: the exceptions of the heap.

use clap::Args;
use clrscope::analyze::{ExceptionReader, Liveness, Selector};
use clrscope_report::verbs::dumpexceptions;

use super::dumpheap::Selected;
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice;
use crate::verb::{Action, Group};

/// Which exceptions.
#[derive(Debug, Args)]
pub(crate) struct DumpExceptions {
    #[command(flatten)]
    selected: Selected,
}

impl Action for DumpExceptions {
    const NAME: &'static str = "dumpexceptions";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Exceptions of the heap by type, message and stack";
    const EXAMPLES: &'static str = "
        clrscope dumpexceptions app.dmp
        clrscope dumpexceptions app.dmp -type TimeoutException -live
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let selection = self.selected.selection()?;
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let (graph, search) = context.search(&objects, &mut issues)?;
        if selection.alive.is_some() && !search.complete() {
            return Err(Failure::unfinished(&search));
        }
        let mut selector = Selector::new(&objects, &labels, &selection);
        if search.complete() {
            selector = selector.with_liveness(Liveness { graph: &graph, search: &search });
        }
        let threads = thread_choice::threads(context, &mut issues)?;
        let (_, runtime) = context.runtime()?;
        let reader = ExceptionReader::new(runtime, context.name_style())
            .map_err(|missing| Failure::Unreadable(missing.to_string()))?;
        let groups = reader.groups(&objects, &selector, &threads, &context.control())?;
        context.answer(&dumpexceptions::DumpExceptions::new(&groups), &issues)
    }
}
