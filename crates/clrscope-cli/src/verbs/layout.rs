//! `layout`: where the runtime's structures keep their fields, and how that is known.

use clap::Args;
use clrscope_report::verbs::layout::LayoutReport;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct Layout {}

impl Action for Layout {
    const NAME: &'static str = "layout";
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "Offsets in the runtime's own structures, and how each is known";
    const EXAMPLES: &'static str = "
        clrscope layout app.dmp
        clrscope layout app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let mut issues = context.issues();
        issues.append(runtime.issues().clone());
        context.answer(&LayoutReport::new(runtime), &issues)
    }
}
