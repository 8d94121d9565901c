//! `verifyheap`: whether the heap is sound.

use clap::Args;
use clrscope::analyze::{Selector, TypeLabels};
use clrscope_report::verbs::verifyheap;

use super::dumpheap::Place;
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to verify.
#[derive(Debug, Args)]
pub(crate) struct VerifyHeap {
    #[command(flatten)]
    place: Place,
}

impl Action for VerifyHeap {
    const NAME: &'static str = "verifyheap";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Whether every object and every reference of the heap is sound";
    const EXAMPLES: &'static str = "
        clrscope verifyheap app.dmp
        clrscope verifyheap app.dmp -heap 0 --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let selection = self.place.selection()?;
        let (objects, issues) = context.objects()?;
        let labels = TypeLabels::default();
        let selector = Selector::new(&objects, &labels, &selection);
        let found = objects.verify_where(&context.control(), |segment, address| {
            selector.accepts_place(segment, address)
        })?;
        let report = verifyheap::VerifyHeap::new(&found);
        let outcome = context.answer(&report, &issues)?;
        Ok(if report.errors.is_empty() { outcome } else { Outcome::Negative })
    }
}
