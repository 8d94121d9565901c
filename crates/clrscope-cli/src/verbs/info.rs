//! `info`: what a dump holds, and what cannot be answered from it.

use clap::Args;
use clrscope::clr::Runtime;
use clrscope_report::RuntimeIdentity;
use clrscope_report::verbs::info;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct Info {}

impl Action for Info {
    const NAME: &'static str = "info";
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "What the dump holds, its runtimes, and what it cannot answer";
    const EXAMPLES: &'static str = "
        clrscope info app.dmp
        clrscope info app.dmp.zst --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.issues();
        let found = context.runtimes();
        let info = info::Info::new(
            context.dump_identity(),
            context.minidump(),
            context.snapshot(),
            identities(context),
            &found.refused,
            &mut issues,
        );
        context.answer_for_dump(&info, &issues)
    }
}

/// All runtimes of the process.
pub(super) fn identities(context: &Context<'_>) -> Vec<RuntimeIdentity> {
    let runtimes = context.runtimes().runtimes.iter().enumerate();
    let identity = |(index, runtime): (usize, &Runtime<'_>)| {
        RuntimeIdentity::new(index, runtime, runtime.heap().ok().as_ref())
    };
    runtimes.map(identity).collect()
}
