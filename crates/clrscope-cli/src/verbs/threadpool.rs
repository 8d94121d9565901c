//! `threadpool`: the threads of the pool, how many there may be, and what waits for them.

use clap::Args;
use clrscope::analyze::{thread_pool, waiting, work_items};
use clrscope::clr::code::MethodFinder;
use clrscope_report::verbs::threadpool::ThreadPoolReport;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object::class_library;
use crate::verb::{Action, Group};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct ThreadPool {
    /// List what is queued, too
    #[arg(long = "wi")]
    work_items: bool,

    /// Count what is queued by what it runs
    #[arg(long, visible_alias = "summary")]
    stat: bool,
}

impl Action for ThreadPool {
    const NAME: &'static str = "threadpool";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str =
        "The thread pool: workers, limits, what they wait for, what is queued";
    const EXAMPLES: &'static str = "
        clrscope threadpool app.dmp
        clrscope threadpool app.dmp -wi
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        let style = context.name_style();
        let pool = thread_pool(runtime);
        let waiting = waiting(runtime, None, style, &mut issues);
        class_library(context.types()?, &mut issues);
        let methods = MethodFinder::new(runtime).ok();
        let items = work_items(context.types()?, methods.as_ref(), style);
        let shown = match (self.work_items, self.stat) {
            (true, _) => Some(usize::MAX),
            (false, true) => Some(0),
            (false, false) => None,
        };
        let report = ThreadPoolReport::new(pool.as_ref(), &waiting, items.as_deref(), shown);
        context.answer(&report, &issues)
    }
}
