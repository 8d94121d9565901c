//! `verifyheap` and `verifyobj`: whether the heap, or one object of it, is sound.

use clap::Args;
use clrscope::analyze::{Selector, TypeLabels};
use clrscope::clr::Verification;
use clrscope::memory::{Issues, VirtAddr};
use clrscope_report::verbs::verifyheap;

use super::dumpheap::{IgnoreGcState, Place};
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object;
use crate::value;
use crate::verb::{Action, Group};

/// What to verify.
#[derive(Debug, Args)]
pub(crate) struct VerifyHeap {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    _ignored: IgnoreGcState,
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
        answer(context, &found, &issues)
    }
}

fn answer(
    context: &Context<'_>,
    found: &Verification,
    issues: &Issues,
) -> Result<Outcome, Failure> {
    let report = verifyheap::VerifyHeap::new(found);
    let outcome = context.answer(&report, issues)?;
    // What the dump lacks makes an answer partial, not bad.
    Ok(if found.count == found.absences() { outcome } else { Outcome::Negative })
}

/// Which object.
#[derive(Debug, Args)]
pub(crate) struct VerifyObj {
    /// The object
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for VerifyObj {
    const NAME: &'static str = "verifyobj";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Whether an object and its references are sound";
    const EXAMPLES: &'static str = "clrscope verifyobj app.dmp 00007ff812345678";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let found = object::find(context, &objects, self.address, &mut issues)?;
        if let Some(verdict) = found.verdict {
            return Err(Failure::NotThere(verdict));
        }
        let found =
            objects.verify_where(&context.control(), |_, address| address == self.address)?;
        answer(context, &found, &issues)
    }
}
