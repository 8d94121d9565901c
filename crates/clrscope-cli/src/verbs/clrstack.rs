//! `clrstack`: the managed frames of threads.

use clap::Args;
use clrscope::analyze::{Locks, References, StackOptions, thread_stacks, waits};
use clrscope_report::verbs::clrstack::{self, Shown};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice::ThreadChoice;
use crate::verb::{Action, Group};

/// Whose stack, and with what.
#[derive(Debug, Args)]
pub(crate) struct ClrStack {
    #[command(flatten)]
    threads: ThreadChoice,

    /// List the objects that each frame refers to: its arguments and local variables, which only symbols
    /// tell apart
    #[arg(short = 'a', visible_short_aliases = ['l', 'p'])]
    locals: bool,

    /// Show what the registers held in each frame, as far as that is known
    #[arg(short = 'r')]
    registers: bool,

    /// Show native frames, too, as module and offset, and how far into its method each managed one is
    #[arg(short = 'f')]
    full: bool,

    /// Taken for SOS's sake: a dump says nothing of source lines, so none are ever shown
    #[arg(short = 'n', hide = true)]
    no_lines: bool,
}

impl Action for ClrStack {
    const NAME: &'static str = "clrstack";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Managed stack of a thread, or of every thread";
    const EXAMPLES: &'static str = "
        clrscope clrstack app.dmp -all
        clrscope clrstack app.dmp -osid 1a84 -a
        clrscope clrstack app.dmp -managed 7 -f -r
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = if self.locals {
            let (objects, issues) = context.objects()?;
            (Some(objects), issues)
        } else {
            (None, context.runtime_issues()?)
        };
        let threads = self.threads.choose(context, &mut issues)?;
        let (_, runtime) = context.runtime()?;
        let references = objects.as_ref().map_or(References::Direct, References::Exact);
        let options = StackOptions {
            native: self.full,
            registers: self.registers,
            ..StackOptions::new(references, context.name_style())
        };
        let stacks = thread_stacks(runtime, threads, &options, &mut issues);
        let waits = waits(&Locks::new(runtime, &mut issues), &stacks);
        let shown = Shown { locals: self.locals, offsets: self.full };
        context.answer(&clrstack::ClrStack::new(&stacks, &waits, shown), &issues)
    }
}
