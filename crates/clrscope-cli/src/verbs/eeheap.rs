//! `eeheap`: heaps, segments or regions, generations.

use clap::Args;
use clrscope::analyze::is_in_place;
use clrscope::clr::{Heap, LoaderHeaps};
use clrscope_report::verbs::{eeheap, loader_heaps};

use super::dumpheap::Place;
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct EeHeap {
    /// Heaps of the garbage collector; the default
    #[arg(long)]
    gc: bool,

    /// Heaps of the loader and jitted code, by owner and by kind, and what the GC keeps beside objects
    #[arg(long)]
    loader: bool,

    #[command(flatten)]
    place: Place,
}

impl Action for EeHeap {
    const NAME: &'static str = "eeheap";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str =
        "Heaps with their segments or regions and generations; heaps of the loader";
    const EXAMPLES: &'static str = "
        clrscope eeheap app.dmp -gc
        clrscope eeheap app.dmp -gc --classic
        clrscope eeheap app.dmp -loader
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        if !self.loader {
            let heap = context.heap()?;
            let mut issues = context.runtime_issues()?;
            issues.append(heap.issues().clone());
            return context.answer(&self.heaps(heap)?, &issues);
        }
        let (_, runtime) = context.runtime()?;
        let mut issues = context.runtime_issues()?;
        let found = LoaderHeaps::read(runtime).take(&mut issues);
        // A dump without the managed heap can still have the loader's.
        let heap = context.heap();
        let gc_memory = match &heap {
            Ok(heap) => heap.gc_memory().take(&mut issues),
            Err(_) => Vec::new(),
        };
        let loader = loader_heaps::LoaderHeaps::new(&found, &gc_memory, runtime.modules());
        if !self.gc {
            return context.answer(&loader, &issues);
        }
        let heap = heap?;
        issues.append(heap.issues().clone());
        context.answer(&loader_heaps::AllHeaps { gc: self.heaps(heap)?, loader }, &issues)
    }
}

impl EeHeap {
    /// The heaps, or the parts of them that were asked for.
    fn heaps(&self, heap: &Heap<'_>) -> Result<eeheap::EeHeap, Failure> {
        let selection = self.place.selection()?;
        let found = eeheap::EeHeap::new(heap, |segment| is_in_place(segment, &selection));
        match found.heaps.is_empty() && !selection.is_everything() {
            true => Err(Failure::NotFound("no segment of the heap is selected".to_owned())),
            false => Ok(found),
        }
    }
}
