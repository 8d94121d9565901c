//! `dso`: the objects that stacks and registers refer to.

use clap::Args;
use std::collections::HashSet;

use clrscope::analyze::{References, StackOptions, StackReference, thread_stacks};
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dso;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::thread_choice::{self, ThreadChoice};
use crate::value;
use crate::verb::{Action, Group};

/// Whose objects, and where they are.
#[derive(Debug, Args)]
pub(crate) struct Dso {
    /// Only words of the stack from this address on, of whichever thread
    #[arg(value_name = "START", value_parser = value::address, requires = "end")]
    start: Option<VirtAddr>,

    /// Where those words end
    #[arg(value_name = "END", value_parser = value::address)]
    end: Option<VirtAddr>,

    #[command(flatten)]
    threads: ThreadChoice,

    /// Only objects whose own references all lead to objects
    #[arg(long)]
    verify: bool,
}

impl Action for Dso {
    const NAME: &'static str = "dso";
    const ALIASES: &'static [&'static str] = &["dumpstackobjects"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "Objects that a thread's stack and registers refer to";
    const EXAMPLES: &'static str = "
        clrscope dso app.dmp
        clrscope dso app.dmp -osid 1a84
        clrscope dso app.dmp 244f680 244fd10
        clrscope dso app.dmp -all -verify --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, mut issues) = context.objects()?;
        // Debuggers take the ends in either order.
        let words = self.start.zip(self.end).map(|(one, other)| one.min(other)..one.max(other));
        let threads = match &words {
            Some(words) => thread_choice::threads(context, &mut issues)?
                .into_iter()
                .filter(|entry| entry.thread.stack.is_some_and(|stack| stack.overlaps(words)))
                .collect(),
            None => self.threads.choose(context, &mut issues)?,
        };
        let (_, runtime) = context.runtime()?;
        let references = References::All(&objects);
        let options = StackOptions::new(references, context.name_style());
        let mut stacks = thread_stacks(runtime, threads, &options, &mut issues);
        if let Some(words) = words {
            let is_there = |reference: &StackReference| {
                reference.location.address().is_some_and(|word| words.contains(&word))
            };
            stacks.iter_mut().for_each(|stack| stack.references.retain(is_there));
        }
        if self.verify {
            let shown = stacks.iter().flat_map(|stack| &stack.references);
            let shown: HashSet<VirtAddr> = shown.map(|reference| reference.object).collect();
            let unsound = objects.unsound(&shown, &context.control())?;
            let is_sound = |reference: &StackReference| {
                reference.name.is_some() && !unsound.contains(&reference.object)
            };
            stacks.iter_mut().for_each(|stack| stack.references.retain(is_sound));
        }
        context.answer(&dso::StackObjects::new(&stacks), &issues)
    }
}
