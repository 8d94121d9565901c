//! `timerinfo`: the timers that are set.

use clap::Args;
use clrscope::analyze::timers;
use clrscope::clr::code::MethodFinder;
use clrscope_report::verbs::timerinfo;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object::class_library;
use crate::verb::{Action, Group};

/// How much to show.
#[derive(Debug, Args)]
pub(crate) struct TimerInfo {
    /// Counts by what they call only
    #[arg(long)]
    stat: bool,
}

impl Action for TimerInfo {
    const NAME: &'static str = "timerinfo";
    const ALIASES: &'static [&'static str] = &["ti"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Timers that are set: when they tick, and what they call";
    const EXAMPLES: &'static str = "
        clrscope timerinfo app.dmp
        clrscope timerinfo app.dmp -stat
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        class_library(context.types()?, &mut issues);
        let methods = MethodFinder::new(runtime).ok();
        let timers = timers(context.types()?, methods.as_ref(), context.name_style());
        context.answer(&timerinfo::TimerInfo::new(timers.as_deref(), self.stat), &issues)
    }
}
