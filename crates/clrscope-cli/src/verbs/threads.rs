//! `threads`: the threads that the runtime knows.

use clap::Args;
use clrscope::analyze::{ThreadEntry, waiting_threads};
use clrscope::clr::stack::LifeCycle;
use clrscope_report::verbs::threads;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice;
use crate::verb::{Action, Group};

/// Which threads.
#[derive(Debug, Args)]
pub(crate) struct Threads {
    /// Leave out threads that have ended or were not started
    #[arg(long)]
    live: bool,

    /// Only threads that the runtime has for itself: the finalizer, the collector's, the pool's
    #[arg(long)]
    special: bool,
}

impl Action for Threads {
    const NAME: &'static str = "threads";
    const ALIASES: &'static [&'static str] = &["clrthreads"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str =
        "Threads with their names, states and exceptions, and what they wait for";
    const EXAMPLES: &'static str = "
        clrscope threads app.dmp
        clrscope threads app.dmp -live --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let mut threads = thread_choice::threads(context, &mut issues)?;
        let is_alive = |entry: &ThreadEntry| entry.thread.life_cycle == LifeCycle::Alive;
        threads.retain(|entry| !self.live || is_alive(entry));
        threads.retain(|entry| !self.special || entry.purpose().is_some());
        let (_, runtime) = context.runtime()?;
        let waiting = waiting_threads(runtime, threads, context.name_style(), &mut issues);
        context.answer(&threads::Threads::new(&waiting), &issues)
    }
}
