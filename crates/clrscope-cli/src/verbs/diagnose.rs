//! `diagnose`: what is wrong with the process.

use clap::Args;
use clrscope::diagnose::diagnose;
use clrscope_report::verbs::diagnose as report;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct Diagnose {}

impl Action for Diagnose {
    const NAME: &'static str = "diagnose";
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "What is wrong with the process: causes, owners, figures";
    const EXAMPLES: &'static str = "
        clrscope diagnose app.dmp
        clrscope diagnose app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let facts = context.facts()?;
        let diagnosis = diagnose(&facts, &context.control());
        let path = context.dump_identity().path;
        context.answer_facts(
            &report::Diagnose::new(&diagnosis, &path),
            &facts,
            &[diagnosis.interrupted],
        )
    }
}
