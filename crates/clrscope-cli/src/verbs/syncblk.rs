//! `syncblk`: the sync blocks.

use clap::Args;
use clrscope::analyze::waiting;
use clrscope_report::verbs::syncblk::{ListedBlocks, SyncBlk};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Which blocks.
#[derive(Debug, Args)]
pub(crate) struct SyncBlocks {
    /// The block of this number
    #[arg(value_name = "NUMBER")]
    index: Option<u32>,

    /// All blocks, those of objects that nobody has locked, too
    #[arg(long, conflicts_with = "index")]
    all: bool,
}

impl Action for SyncBlocks {
    const NAME: &'static str = "syncblk";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Sync blocks: who holds the locks of objects, and who waits";
    const EXAMPLES: &'static str = "
        clrscope syncblk app.dmp
        clrscope syncblk app.dmp -all
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        let style = context.name_style();
        let waiting = waiting(runtime, None, style, &mut issues);
        let listed = match (self.index, self.all) {
            (Some(index), _) => ListedBlocks::One(index),
            (None, true) => ListedBlocks::All,
            (None, false) => ListedBlocks::Busy,
        };
        let report = SyncBlk::new(&waiting, context.types()?, style, listed);
        if self.index.is_some() && report.blocks.is_empty() {
            return Err(Failure::NotFound("no sync block in use has this number".to_owned()));
        }
        context.answer(&report, &issues)
    }
}
