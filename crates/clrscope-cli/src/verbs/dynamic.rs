//! `dynamic`: the assemblies that the process made while it ran.

use clap::Args;
use clrscope::analyze::{count_dynamic_methods, dynamic_assemblies, find_keepers, measure_dynamic};
use clrscope::clr::LoaderHeaps;
use clrscope_report::verbs::dynamic;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct Dynamic {
    /// Print groups only, not each assembly
    #[arg(long)]
    stat: bool,
}

impl Action for Dynamic {
    const NAME: &'static str = "dynamic";
    const GROUP: Group = Group::Process;
    const ABOUT: &'static str =
        "Assemblies made at run time: how many, by whom, how large, and what keeps them";
    const EXAMPLES: &'static str = "
        clrscope dynamic app.dmp -stat
        clrscope dynamic app.dmp --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let modules = runtime.modules();
        let mut issues = context.issues();
        issues.append(runtime.issues().clone());
        issues.append(modules.issues().clone());
        let mut found = dynamic_assemblies(modules, context.snapshot());
        let heaps = LoaderHeaps::read(runtime).take(&mut issues);
        measure_dynamic(&mut found, runtime, &heaps, &mut issues);
        // Without the managed heap it is not known what keeps assemblies, and that is said of each.
        if let Ok((objects, _)) = context.objects() {
            issues.append(objects.heap().issues().clone());
            issues.append(objects.issues().clone());
            count_dynamic_methods(&mut found, &objects);
            if found.assemblies.iter().any(|assembly| assembly.collectible) {
                let (graph, search) = context.search(&objects, &mut issues)?;
                find_keepers(&mut found, &heaps, &graph, &search);
            }
        }
        let report = dynamic::Dynamic::new(&found, runtime, self.stat);
        context.answer(&report, &issues)
    }
}
