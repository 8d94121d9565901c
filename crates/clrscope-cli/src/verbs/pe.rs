//! `pe`: an exception with its causes.

use clap::Args;
use clrscope::analyze::ExceptionReader;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::pe::{PrintException, Thrown};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object::is_no;
use crate::thread_choice::ThreadChoice;
use crate::value;
use crate::verb::{Action, Group};

/// Which exception.
#[derive(Debug, Args)]
pub(crate) struct PrintOne {
    /// The exception; without it, the one that the thread threw last
    #[arg(value_parser = value::address, conflicts_with_all = ["all", "os_id", "managed_id"])]
    address: Option<VirtAddr>,

    /// Show the causes with their stacks
    #[arg(long)]
    nested: bool,

    /// Taken for SOS's sake: a dump says nothing of source lines, so none are ever shown
    #[arg(long, hide = true)]
    lines: bool,

    #[command(flatten)]
    threads: ThreadChoice,
}

impl Action for PrintOne {
    const NAME: &'static str = "pe";
    const ALIASES: &'static [&'static str] = &["printexception"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "An exception: by address, or the one that a thread threw last";
    const EXAMPLES: &'static str = "
        clrscope pe app.dmp
        clrscope pe app.dmp 0000024122b89780 -nested
        clrscope pe app.dmp -all
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.runtime_issues()?;
        let (_, runtime) = context.runtime()?;
        let reader = ExceptionReader::new(runtime, context.name_style())
            .map_err(|missing| Failure::Unreadable(missing.to_string()))?;
        let thrown = if let Some(address) = self.address {
            let object = context.types()?.object(address);
            let object = object.map_err(|error| Failure::NotFound(error.to_string()))?;
            let chain = reader.chain(address);
            if chain.is_empty() {
                return Err(is_no(&object, "exception", context.name_style()));
            }
            vec![Thrown::new(None, &chain)]
        } else {
            let threads = self.threads.choose(context, &mut issues)?;
            let thrown = threads.iter().filter_map(|entry| {
                let chain = reader.chain(entry.thread.last_thrown?);
                (!chain.is_empty()).then(|| Thrown::new(Some(entry), &chain))
            });
            thrown.collect()
        };
        if thrown.is_empty() {
            let why = match self.threads.all {
                true => "no thread has an exception; dumpexceptions looks at the heap",
                false => {
                    "the thread has no exception; pe -all looks at every thread, dumpexceptions at the heap"
                }
            };
            return Err(Failure::NotFound(why.to_owned()));
        }
        context.answer(&PrintException { thrown, nested: self.nested }, &issues)
    }
}
