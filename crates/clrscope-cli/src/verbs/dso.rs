//! `dso`: the objects that stacks and registers refer to.

use clap::Args;
use clrscope::analyze::{References, thread_stacks};
use clrscope_report::verbs::dso;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice::ThreadChoice;
use crate::verb::{Action, Group};

/// Whose objects.
#[derive(Debug, Args)]
pub(crate) struct Dso {
    #[command(flatten)]
    threads: ThreadChoice,
}

impl Action for Dso {
    const NAME: &'static str = "dso";
    const ALIASES: &'static [&'static str] = &["dumpstackobjects"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Objects that a thread's stack and registers refer to";
    const EXAMPLES: &'static str = "
        clrscope dso app.dmp
        clrscope dso app.dmp -osid 1a84
        clrscope dso app.dmp -all --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let threads = self.threads.choose(context, &mut issues)?;
        let (_, runtime) = context.runtime()?;
        let references = References::All(&objects);
        let stacks = thread_stacks(runtime, threads, references, context.name_style(), &mut issues);
        context.answer(&dso::StackObjects::new(&stacks), &issues)
    }
}
