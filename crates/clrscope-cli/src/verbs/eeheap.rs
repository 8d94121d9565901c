//! `eeheap`: heaps, segments or regions, generations.

use clap::Args;
use clrscope::clr::LoaderHeaps;
use clrscope_report::verbs::{eeheap, loader_heaps};

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
            return context.answer(&eeheap::EeHeap::new(heap), &issues);
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
        context.answer(&loader_heaps::AllHeaps { gc: eeheap::EeHeap::new(heap), loader }, &issues)
    }
}
