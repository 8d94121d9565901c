//! `ephtoloh`: references from generations 0 and 1 to large objects.

use clap::Args;
use clrscope::analyze::{Crossing, cross_references};
use clrscope_report::Namer;
use clrscope_report::verbs::cross_references::CrossReferences;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct EphToLoh {}

impl Action for EphToLoh {
    const NAME: &'static str = "ephtoloh";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "References from young objects to large ones";
    const EXAMPLES: &'static str = "
        clrscope ephtoloh app.dmp
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let found = cross_references(&objects, Crossing::YoungToLarge, &context.control())?;
        let namer = Namer { types: objects.types(), labels: &labels };
        context.answer(&CrossReferences::new(&found, namer), &issues)
    }
}
