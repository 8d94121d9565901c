//! `runtimes`: the runtimes of the process.

use clap::Args;
use clrscope_report::verbs::runtimes::RuntimeList;

use super::info;
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own: `--runtime` chooses one for a verb.
#[derive(Debug, Args)]
pub(crate) struct RuntimesOfProcess {}

impl Action for RuntimesOfProcess {
    const NAME: &'static str = "runtimes";
    const ALIASES: &'static [&'static str] = &["eeversion"];
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "The runtimes of the process with their versions and collectors";
    const EXAMPLES: &'static str = "clrscope runtimes app.dmp";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        context.session()?;
        let runtimes = info::identities(context);
        context.answer_for_dump(&RuntimeList { runtimes }, &context.issues())
    }
}
