//! `dumpgen`: the objects of a generation.

use clap::Args;
use clrscope::analyze::GenerationFilter;
use clrscope::memory::VirtAddr;

use super::dumpheap::{DumpHeap, generation};
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which objects.
#[derive(Debug, Args)]
pub(crate) struct DumpGen {
    /// The generation: gen0, gen1, gen2, loh, poh or foh
    #[arg(value_parser = generation)]
    generation: GenerationFilter,

    /// Only types whose names contain this text
    #[arg(long = "type", value_name = "TEXT")]
    type_name: Option<String>,

    /// List the objects with this method table one by one
    #[arg(long, value_name = "ADDRESS", value_parser = value::address)]
    mt: Option<VirtAddr>,
}

impl Action for DumpGen {
    const NAME: &'static str = "dumpgen";
    const ALIASES: &'static [&'static str] = &["dg"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "Objects of a generation by type: dumpheap -stat -gen";
    const EXAMPLES: &'static str = "
        clrscope dumpgen app.dmp gen0
        clrscope dg app.dmp loh -type System.Byte
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        DumpHeap::of_generation(self.generation, self.type_name.clone(), self.mt).run(context)
    }
}
