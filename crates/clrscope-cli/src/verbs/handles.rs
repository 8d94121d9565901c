//! `handles`: the operating system's handles, and whose they are.

use clap::Args;
use clrscope::analyze::{
    JoinStopped, Limitation, TypeLabels, handle_owners, os_handle_details, os_handles,
};
use clrscope::memory::{Issue, IssueKind};
use clrscope_report::verbs::handles;

use crate::context::{Context, stop_reason};
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// What to say of handles.
#[derive(Debug, Args)]
pub(crate) struct Handles {
    /// Print counts by type only, as handle.exe -s does
    #[arg(short = 's', long = "stat")]
    stat: bool,

    /// List every handle, with how many others refer to the same, as handle.exe -a does
    #[arg(short = 'a', long = "list", conflicts_with = "stat")]
    list: bool,
}

impl Action for Handles {
    const NAME: &'static str = "handles";
    const GROUP: Group = Group::Process;
    const ABOUT: &'static str =
        "Handles of the operating system by type, and the objects that own them";
    const EXAMPLES: &'static str = "
        clrscope handles app.dmp
        clrscope handles app.dmp -s
        clrscope handles app.dmp -a --format csv
        clrscope handles app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.issues();
        let Some(handles) = os_handles(context.minidump(), &mut issues) else {
            return Err(Failure::NotThere(Limitation::NoHandles.complaint()));
        };
        if self.list {
            let list = handles::HandleList::new(&os_handle_details(context.minidump()));
            return context.answer_for_dump(&list, &issues);
        }
        let counts_only = handles::Handles::new(&handles, &[], &TypeLabels::default());
        if self.stat {
            return context.answer_for_dump(&counts_only, &issues);
        }
        let (objects, found) = match context.objects() {
            Ok(found) => found,
            Err(Failure::Unreadable(why)) => {
                issues.push(Issue::general(
                    IssueKind::MissingStructure,
                    format!("handles are not joined to objects: {why}"),
                ));
                return context.answer_for_dump(&counts_only, &issues);
            }
            Err(failure) => return Err(failure),
        };
        issues.append(found);
        let graph = context.graph(&objects, true, &mut issues)?;
        let labels = context.labels(&objects, &mut issues)?;
        let types = objects.heap().runtime().types();
        let types = types.map_err(|error| Failure::Unreadable(error.to_string()))?;
        match handle_owners(&handles, &graph, types, &labels, &context.control()) {
            Ok(groups) => {
                let report = handles::Handles::new(&handles, &groups, &labels);
                context.answer(&report, &issues)
            }
            Err(JoinStopped::Interrupted(reason)) => Err(reason.into()),
            Err(JoinStopped::Search(stop)) => {
                issues.push(Issue::general(
                    IssueKind::Interrupted,
                    format!("handles are not joined to objects: {}", stop_reason(stop)),
                ));
                context.answer(&counts_only, &issues)
            }
        }
    }
}
