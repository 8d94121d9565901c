//! `taskstate`: what the flags of a task say.

use clap::Args;
use clrscope::analyze::task_chain;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::taskstate::TaskStateReport;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object::is_no;
use crate::value;
use crate::verb::{Action, Group};

/// Which task, or which flags.
#[derive(Debug, Args)]
pub(crate) struct TaskFlags {
    /// The task
    #[arg(value_parser = value::address, required_unless_present = "value")]
    address: Option<VirtAddr>,

    /// Flags, as m_stateFlags has them: hexadecimal behind 0x, or decimal
    #[arg(short = 'v', long, value_name = "FLAGS", value_parser = value::number, conflicts_with = "address")]
    value: Option<u64>,
}

impl Action for TaskFlags {
    const NAME: &'static str = "taskstate";
    const ALIASES: &'static [&'static str] = &["tks"];
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "The state of a task, and what it waits for";
    const EXAMPLES: &'static str = "
        clrscope taskstate app.dmp 0000024122b89780
        clrscope taskstate app.dmp --value 0x2000400
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let issues = context.runtime_issues()?;
        let Some(address) = self.address else {
            // Flags have 32 bits.
            let flags = self.value.unwrap_or(0) as u32;
            return context.answer(&TaskStateReport::new(flags, &[]), &issues);
        };
        let object = context.types()?.object(address);
        let object = object.map_err(|error| Failure::NotFound(error.to_string()))?;
        let task = object.as_task().ok_or_else(|| is_no(&object, "task", context.name_style()))?;
        let flags = task.flags().ok_or_else(|| {
            Failure::NotKnown("the dump does not hold the flags of the task".to_owned())
        })?;
        context.answer(&TaskStateReport::new(flags, &task_chain(&task)), &issues)
    }
}
