//! `gchandles`: the handles of the garbage collector.

use clap::Args;
use clrscope::analyze::{Census, handle_list};
use clrscope::clr::HandleKind;
use clrscope_report::Namer;
use clrscope_report::verbs::dumpheap::Statistics;
use clrscope_report::verbs::gchandles;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to list.
#[derive(Debug, Args)]
pub(crate) struct GcHandles {
    /// Handles of one kind: strong, pinned, weakshort, weaklong, dependent, refcounted, asyncpinned,
    /// sizedref
    #[arg(long = "type", value_name = "KIND", value_parser = kind)]
    kind: Option<HandleKind>,

    /// Print counts only
    #[arg(long)]
    stat: bool,

    /// Taken for SOS's sake: the runtimes that can be read have one domain
    #[arg(long, hide = true)]
    perdomain: bool,
}

/// The kinds that can be asked for.
const KINDS: [HandleKind; 11] = [
    HandleKind::WeakShort,
    HandleKind::WeakLong,
    HandleKind::Strong,
    HandleKind::Pinned,
    HandleKind::RefCounted,
    HandleKind::Dependent,
    HandleKind::AsyncPinned,
    HandleKind::SizedRef,
    HandleKind::WeakNativeCom,
    HandleKind::WeakInteriorPointer,
    HandleKind::CrossReference,
];

fn kind(text: &str) -> Result<HandleKind, String> {
    // SOS's name for references to COM objects of WinRT.
    let text = if text.eq_ignore_ascii_case("weakwinrt") { "weaknativecom" } else { text };
    let found = KINDS.iter().find(|kind| kind.name().eq_ignore_ascii_case(text));
    let names = || KINDS.map(|kind| kind.name().to_ascii_lowercase()).join(", ");
    found.copied().ok_or_else(|| format!("a kind of handle is one of {}", names()))
}

impl Action for GcHandles {
    const NAME: &'static str = "gchandles";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Handles with their objects, by kind and by type";
    const EXAMPLES: &'static str = "
        clrscope gchandles app.dmp -stat
        clrscope gchandles app.dmp -type pinned
        clrscope gchandles app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        let labels = context.labels(&objects, &mut issues)?;
        let handles = handle_list(&objects, self.kind, &mut issues);
        let census = Census::of(&objects, handles.iter().filter_map(|entry| entry.object));
        let statistics = Statistics::new(&census, objects.types(), &labels);
        let namer = Namer { types: objects.types(), labels: &labels };
        context.answer(&gchandles::GcHandles::new(&handles, statistics, namer, self.stat), &issues)
    }
}
