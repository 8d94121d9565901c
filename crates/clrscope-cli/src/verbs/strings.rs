//! `strings`: strings by content.

use clap::Args;
use clrscope::analyze::{Selection, Selector, TypeLabels, UNKNOWN_STRINGS, string_groups};
use clrscope_report::verbs::strings;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Which strings.
#[derive(Debug, Args)]
pub(crate) struct Strings {
    /// Only contents that occur more than once
    #[arg(long)]
    dup: bool,

    /// Only the N contents that waste most
    #[arg(long, value_name = "N")]
    top: Option<usize>,
}

impl Action for Strings {
    const NAME: &'static str = "strings";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Strings by content, and what repeating them wastes";
    const EXAMPLES: &'static str = "
        clrscope strings app.dmp -dup
        clrscope strings app.dmp -dup -top 20 --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, issues) = context.objects()?;
        let (labels, selection) = (TypeLabels::default(), Selection::default());
        let selector = Selector::new(&objects, &labels, &selection);
        let groups = string_groups(&objects, &selector, &context.control())?;
        let groups = groups.ok_or_else(|| Failure::NotKnown(UNKNOWN_STRINGS.to_owned()))?;
        context.answer(&strings::Strings::new(&groups, self.dup, self.top), &issues)
    }
}
