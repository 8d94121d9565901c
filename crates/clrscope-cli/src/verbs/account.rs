//! `account`: where the memory of the process went.

use clap::Args;
use clrscope::analyze::{account, os_handles};
use clrscope::clr::HeapObjects;
use clrscope::memory::{Issue, IssueKind, Issues};
use clrscope_report::verbs::account::{self as report, Counters};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Takes no options of its own.
#[derive(Debug, Args)]
pub(crate) struct Account {}

impl Action for Account {
    const NAME: &'static str = "account";
    const GROUP: Group = Group::Process;
    const ABOUT: &'static str = "Where the memory of the process went, to the byte, with a verdict";
    const EXAMPLES: &'static str = "
        clrscope account app.dmp
        clrscope account app.dmp --format csv
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = Issues::new();
        let objects = objects_or_issue(context, &mut issues)?;
        let counters = context.minidump().process_vm_counters().take(&mut issues);
        let counters = counters.map(|counters| Counters {
            private_bytes: counters.private_usage(),
            working_set: counters.working_set(),
        });
        let control = context.control();
        let found = account(context.snapshot(), objects.as_ref(), &mut issues, &control)?;
        let found = match os_handles(context.minidump(), &mut issues) {
            Some(handles) => found.with_handles(&handles),
            None => found,
        };
        let answer = report::Account::new(&found, counters);
        match objects {
            Some(_) => context.answer(&answer, &issues),
            None => context.answer_for_dump(&answer, &issues),
        }
    }
}

/// The objects of the heap, if it can be read, and what was wrong so far; why it cannot be read is an
/// issue.
pub(super) fn objects_or_issue<'d>(
    context: &Context<'d>,
    issues: &mut Issues,
) -> Result<Option<HeapObjects<'d>>, Failure> {
    match context.objects() {
        Ok((objects, found)) => {
            issues.append(found);
            Ok(Some(objects))
        }
        Err(Failure::Unreadable(why)) => {
            issues.append(context.issues());
            issues.push(Issue::general(
                IssueKind::MissingStructure,
                format!("managed memory is not told from native: {why}"),
            ));
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}
