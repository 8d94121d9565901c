//! `threads`: the threads that the runtime knows.

use clap::Args;
use clrscope::analyze::waiting_threads;
use clrscope_report::verbs::threads;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice;
use crate::verb::{Action, Group};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Threads {}

impl Action for Threads {
    const NAME: &'static str = "threads";
    const ALIASES: &'static [&'static str] = &["clrthreads"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str =
        "Threads with their names, states and exceptions, and what they wait for";
    const EXAMPLES: &'static str = "
        clrscope threads app.dmp
        clrscope threads app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let threads = thread_choice::threads(context, &mut issues)?;
        let (_, runtime) = context.runtime()?;
        let waiting = waiting_threads(runtime, threads, context.name_style(), &mut issues);
        context.answer(&threads::Threads::new(&waiting), &issues)
    }
}
