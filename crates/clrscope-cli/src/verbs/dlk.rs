//! `dlk`: deadlocks.

use clap::Args;
use clrscope::analyze::waiting;
use clrscope_report::verbs::dlk::Dlk;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct Deadlocks {}

impl Action for Deadlocks {
    const NAME: &'static str = "dlk";
    const ALIASES: &'static [&'static str] = &["deadlocks"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Deadlocks, who waits behind them, and who waits for tasks";
    const EXAMPLES: &'static str = "
        clrscope dlk app.dmp
        clrscope dlk app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        let style = context.name_style();
        let waiting = waiting(runtime, None, style, &mut issues);
        context.answer(&Dlk::new(&waiting, runtime.types().ok(), style), &issues)
    }
}
