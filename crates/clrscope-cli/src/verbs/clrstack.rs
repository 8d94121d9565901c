//! `clrstack`: the managed frames of threads.

use clap::Args;
use clrscope::analyze::{Locks, References, thread_stacks, waits};
use clrscope_report::verbs::clrstack;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice::ThreadChoice;
use crate::verb::{Action, Group};

/// Whose stack, and with what.
#[derive(Debug, Args)]
pub(crate) struct ClrStack {
    #[command(flatten)]
    threads: ThreadChoice,

    /// List the objects that each frame refers to: its arguments and local variables, which only symbols
    /// tell apart
    #[arg(short = 'a', visible_short_aliases = ['l', 'p'])]
    locals: bool,
}

impl Action for ClrStack {
    const NAME: &'static str = "clrstack";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Managed stack of a thread, or of every thread";
    const EXAMPLES: &'static str = "
        clrscope clrstack app.dmp -all
        clrscope clrstack app.dmp -osid 1a84 -a
        clrscope clrstack app.dmp -managed 7
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = if self.locals {
            let (objects, issues) = context.objects()?;
            (Some(objects), issues)
        } else {
            (None, context.runtime_issues()?)
        };
        let threads = self.threads.choose(context, &mut issues)?;
        let (_, runtime) = context.runtime()?;
        let references = objects.as_ref().map_or(References::Direct, References::Exact);
        let stacks = thread_stacks(runtime, threads, references, context.name_style(), &mut issues);
        let waits = waits(&Locks::new(runtime, &mut issues), &stacks);
        context.answer(&clrstack::ClrStack::new(&stacks, &waits, self.locals), &issues)
    }
}
