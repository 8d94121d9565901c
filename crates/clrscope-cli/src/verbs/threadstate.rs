//! `threadstate`: what the flags of a thread say.

use clap::Args;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::threadstate::ThreadStateReport;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which flags.
#[derive(Debug, Args)]
pub(crate) struct ThreadFlags {
    /// The flags, in hexadecimal, as the column State of threads has them
    #[arg(value_name = "FLAGS", value_parser = value::address)]
    flags: VirtAddr,
}

impl Action for ThreadFlags {
    const NAME: &'static str = "threadstate";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "What the flags of a thread say";
    const EXAMPLES: &'static str = "clrscope threadstate app.dmp b220";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let flags = u32::try_from(self.flags.0)
            .map_err(|_| Failure::Usage("the flags of a thread have 32 bits".to_owned()))?;
        context.answer_for_dump(&ThreadStateReport::new(flags), &context.issues())
    }
}
