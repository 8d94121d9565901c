//! Which threads a verb is about.

use clap::Args;
use clrscope::analyze::{ThreadEntry, thread_list};
use clrscope::clr::stack::LifeCycle;
use clrscope::memory::{Issues, VirtAddr};

use crate::context::Context;
use crate::exit::Failure;
use crate::value;

/// Which threads. Without an option the one that the dump was written for: that of its exception, or
/// else the first in the dump, which is where a debugger begins.
#[derive(Debug, Args)]
pub(crate) struct ThreadChoice {
    /// Every thread that runs
    #[arg(long, conflicts_with_all = ["os_id", "managed_id"])]
    pub(crate) all: bool,

    /// The thread with this number of the operating system, in hexadecimal
    #[arg(long = "osid", value_name = "ID", value_parser = value::address)]
    os_id: Option<VirtAddr>,

    /// The thread with this number of the runtime
    #[arg(
        long = "managed",
        visible_alias = "managedid",
        value_name = "N",
        conflicts_with = "os_id"
    )]
    managed_id: Option<u32>,
}

/// All threads of the runtime.
pub(crate) fn threads(
    context: &Context<'_>,
    issues: &mut Issues,
) -> Result<Vec<ThreadEntry>, Failure> {
    let (_, runtime) = context.runtime()?;
    // Only places to allocate in hang on the heap.
    let heap = context.heap().ok();
    Ok(thread_list(runtime, heap, context.name_style(), issues))
}

impl ThreadChoice {
    /// The chosen threads. None, if the dump does not say which there are.
    pub(crate) fn choose(
        &self,
        context: &Context<'_>,
        issues: &mut Issues,
    ) -> Result<Vec<ThreadEntry>, Failure> {
        let mut threads = threads(context, issues)?;
        if threads.is_empty() {
            return Ok(threads);
        }
        if let Some(id) = self.os_id {
            threads.retain(|entry| u64::from(entry.thread.os_id) == id.0);
        } else if let Some(id) = self.managed_id {
            threads.retain(|entry| entry.thread.managed_id == id);
        } else {
            threads.retain(|entry| entry.thread.life_cycle == LifeCycle::Alive);
            if !self.all {
                let current = context.minidump().exception().take(issues);
                let current = current.map(|exception| exception.thread_id());
                let is_current = |entry: &ThreadEntry| Some(entry.thread.os_id) == current;
                let first = threads.iter().find(|entry| is_current(entry)).or_else(|| {
                    threads.iter().min_by_key(|entry| entry.debugger_id.unwrap_or(usize::MAX))
                });
                threads = first.cloned().into_iter().collect();
            }
        }
        if threads.is_empty() {
            return Err(Failure::NotFound("the runtime has no such thread".to_owned()));
        }
        Ok(threads)
    }
}
