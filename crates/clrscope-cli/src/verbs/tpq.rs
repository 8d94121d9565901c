//! `tpq`: what is queued for the thread pool.

use clap::Args;
use clrscope::analyze::work_items;
use clrscope::clr::code::MethodFinder;
use clrscope_report::verbs::tpq;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object::class_library;
use crate::value;
use crate::verb::{Action, Group};

/// How much to show.
#[derive(Debug, Args)]
pub(crate) struct ThreadPoolQueue {
    /// Items that text shows one by one
    #[arg(long, value_name = "N", default_value = "100", value_parser = value::count)]
    limit: usize,
}

impl Action for ThreadPoolQueue {
    const NAME: &'static str = "tpq";
    const ALIASES: &'static [&'static str] = &["threadpoolqueue"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "What is queued for the thread pool, by what it runs";
    const EXAMPLES: &'static str = "
        clrscope tpq app.dmp
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        class_library(context.types()?, &mut issues);
        let methods = MethodFinder::new(runtime).ok();
        let items = work_items(context.types()?, methods.as_ref(), context.name_style());
        context.answer(&tpq::ThreadPoolQueue::new(items.as_deref(), self.limit), &issues)
    }
}
