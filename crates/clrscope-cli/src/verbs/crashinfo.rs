//! `crashinfo`: why the dump was written.

use clap::Args;
use clrscope::analyze::{ExceptionReader, crash, waiting};
use clrscope_report::verbs::crashinfo;
use clrscope_report::verbs::pe::Thrown;

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct CrashInfo {}

impl Action for CrashInfo {
    const NAME: &'static str = "crashinfo";
    const GROUP: Group = Group::Threads;
    const ABOUT: &'static str = "The exception that the dump was written for, with its thread";
    const EXAMPLES: &'static str = "
        clrscope crashinfo app.dmp
        clrscope crashinfo app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.issues();
        let dump = context.minidump();
        let exception = dump.exception().take(&mut issues);
        let crash = exception.map(|exception| crash(&exception, context.snapshot()));
        let comments = [dump.comment_a().take(&mut issues), dump.comment_w().take(&mut issues)];
        let comments = comments.iter().flatten().map(|comment| comment.text().into_owned());
        let comments: Vec<String> = comments.collect();
        // What the system says of the crash does not need a runtime.
        let Ok((_, runtime)) = context.runtime() else {
            let report = crashinfo::CrashInfo::new(crash.as_ref(), 0, None, Vec::new(), comments);
            return context.answer_for_dump(&report, &issues);
        };
        issues.append(runtime.issues().clone());
        let style = context.name_style();
        let waiting = waiting(runtime, None, style, &mut issues);
        let crashed = crash.as_ref().map(|crash| crash.os_id);
        let mut threads: Vec<_> = waiting.stacks.iter().zip(&waiting.waits).collect();
        threads.sort_by_key(|(stack, _)| Some(stack.entry.thread.os_id) != crashed);
        let reader = ExceptionReader::new(runtime, style);
        let thrown = reader.iter().flat_map(|reader| {
            threads.iter().filter_map(move |(stack, _)| {
                let chain = reader.chain(stack.entry.thread.last_thrown?);
                (!chain.is_empty()).then(|| Thrown::new(Some(&stack.entry), &chain))
            })
        });
        let thrown = thrown.collect();
        let own = threads.first().copied();
        let thread = own.filter(|(stack, _)| Some(stack.entry.thread.os_id) == crashed);
        let report =
            crashinfo::CrashInfo::new(crash.as_ref(), threads.len(), thread, thrown, comments);
        context.answer(&report, &issues)
    }
}
