//! `pstacks`: the stacks of all threads, merged.

use clap::Args;
use clrscope::analyze::{parallel_stacks, waiting_threads};
use clrscope::clr::stack::LifeCycle;
use clrscope_report::verbs::pstacks;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice;
use crate::verb::{Action, Group};

/// How much to show.
#[derive(Debug, Args)]
pub(crate) struct PStacks {
    /// Name all threads of a group, not only the first four
    #[arg(short = 'a', long = "allthreads")]
    all_threads: bool,
}

impl Action for PStacks {
    const NAME: &'static str = "pstacks";
    const ALIASES: &'static [&'static str] = &["parallelstacks"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Stacks of all threads, merged where they are the same";
    const EXAMPLES: &'static str = "
        clrscope pstacks app.dmp
        clrscope pstacks app.dmp -allthreads
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let mut threads = thread_choice::threads(context, &mut issues)?;
        threads.retain(|entry| entry.thread.life_cycle == LifeCycle::Alive);
        let (_, runtime) = context.runtime()?;
        let waiting = waiting_threads(runtime, threads, context.name_style(), &mut issues);
        let groups = parallel_stacks(&waiting.stacks);
        context.answer(&pstacks::ParallelStacks::new(&waiting, &groups, self.all_threads), &issues)
    }
}
