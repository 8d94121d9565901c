//! `info`: what a dump holds, and what cannot be answered from it.

use clap::Args;
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
        let runtimes = found.runtimes.iter().enumerate().map(|(index, runtime)| {
            let heap = runtime.heap().ok();
            RuntimeIdentity::new(index, runtime, heap.as_ref())
        });
        let info = info::Info::new(
            context.dump_identity(),
            context.minidump(),
            context.snapshot(),
            runtimes.collect(),
            &found.refused,
            &mut issues,
        );
        context.answer_for_dump(&info, &issues)
    }
}
