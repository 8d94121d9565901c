//! `ephrefs`: references from generation 2, large or pinned objects into generations 0 and 1.

use clap::Args;
use clrscope::analyze::{Crossing, cross_references};
use clrscope_report::Namer;
use clrscope_report::verbs::cross_references::CrossReferences;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct EphRefs {}

impl Action for EphRefs {
    const NAME: &'static str = "ephrefs";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str =
        "References from generation 2, large and pinned objects to young ones";
    const EXAMPLES: &'static str = "
        clrscope ephrefs app.dmp
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let found = cross_references(&objects, Crossing::OldToYoung, &context.control())?;
        let namer = Namer { types: objects.types(), labels: &labels };
        context.answer(&CrossReferences::new(&found, namer), &issues)
    }
}
