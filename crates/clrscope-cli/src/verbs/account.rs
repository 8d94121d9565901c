//! `account`: where the memory of the process went.

use clap::Args;
use clrscope::analyze::account;
use clrscope::memory::{Issue, IssueKind};
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
        let mut issues = context.issues();
        let objects = match context.objects() {
            Ok((objects, found)) => {
                issues.append(found);
                Some(objects)
            }
            Err(Failure::Unreadable(why)) => {
                issues.push(Issue::general(
                    IssueKind::MissingStructure,
                    format!("managed memory is not told from native: {why}"),
                ));
                None
            }
            Err(failure) => return Err(failure),
        };
        let counters = context.minidump().process_vm_counters().take(&mut issues);
        let counters = counters.map(|counters| Counters {
            private_bytes: counters.private_usage(),
            working_set: counters.working_set(),
        });
        let control = context.control();
        let found = account(context.snapshot(), objects.as_ref(), &mut issues, &control)?;
        let answer = report::Account::new(&found, counters);
        match objects {
            Some(_) => context.answer(&answer, &issues),
            None => context.answer_for_dump(&answer, &issues),
        }
    }
}
