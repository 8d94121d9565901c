//! `waste`: memory that holds the same more than once, or nothing.

use clap::Args;
use clrscope::analyze::{
    Selection, Selector, UNKNOWN_STRINGS, collection_waste, empty_arrays, string_groups,
};
use clrscope_report::verbs::waste;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// How much to show.
#[derive(Debug, Args)]
pub(crate) struct Waste {
    /// Only the N groups that waste most
    #[arg(long, value_name = "N", default_value = "20", value_parser = value::count)]
    top: usize,
}

impl Action for Waste {
    const NAME: &'static str = "waste";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Repeated strings, empty places of collections, arrays of zeros";
    const EXAMPLES: &'static str = "
        clrscope waste app.dmp
        clrscope waste app.dmp -top 100 --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let control = context.control();
        let selection = Selection::default();
        let selector = Selector::new(&objects, &labels, &selection);
        let strings = string_groups(&objects, &selector, &control)?;
        let strings = strings.ok_or_else(|| Failure::NotKnown(UNKNOWN_STRINGS.to_owned()))?;
        let collections = collection_waste(&objects, context.types()?, &control)?;
        let arrays = empty_arrays(&objects, &control)?;
        let report = waste::Waste::new(&strings, &collections, &arrays, &labels, self.top);
        context.answer(&report, &issues)
    }
}
