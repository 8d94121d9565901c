//! `diff`: what changed between dumps, and what grows each time.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clrscope::analyze::{Profile, compare};
use clrscope::memory::{Issue, Issues};
use clrscope_report::DumpIdentity;
use clrscope_report::verbs::diff::{Diff as Answer, DiffOptions, DiffSort};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which dumps, and what of them.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The dumps that were taken later, in their order: one or two
    #[arg(value_name = "LATER", required = true, num_args = 1..=2)]
    later: Vec<PathBuf>,

    /// What rows are sorted by
    #[arg(long, value_name = "BY", default_value = "bytes")]
    sort: Sort,

    /// Leave out what changed by fewer bytes
    #[arg(long, value_name = "SIZE", default_value = "0", value_parser = value::size)]
    min: u64,

    /// Rows of each part; 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sort {
    /// Change of bytes.
    Bytes,
    /// Change of counts.
    Count,
    /// Name.
    Name,
}

/// A dump, reduced to what is compared.
pub(crate) struct Profiled {
    pub(crate) profile: Profile,
    pub(crate) identity: DumpIdentity,
    pub(crate) issues: Issues,
}

impl Profiled {
    /// Reduces the dump of a context.
    pub(crate) fn of(context: &Context<'_>) -> Result<Profiled, Failure> {
        // Without a heap there is little to compare, and this says why.
        context.heap()?;
        let facts = context.facts()?;
        let profile = Profile::of(&facts, &context.control())?;
        Ok(Profiled { profile, identity: context.dump_identity(), issues: facts.issues() })
    }
}

/// Marks issues as those of one of several dumps, by its number from 1.
pub(crate) fn of_dump(issues: &Issues, number: usize) -> impl Iterator<Item = Issue> {
    issues.iter().map(move |issue| Issue {
        message: format!("dump {number}: {}", issue.message),
        ..issue.clone()
    })
}

impl Action for Diff {
    const NAME: &'static str = "diff";
    const GROUP: Group = Group::Dump;
    const ABOUT: &'static str = "What changed between two or three dumps, and what grows each time";
    const EXAMPLES: &'static str = "
        clrscope diff before.dmp after.dmp
        clrscope diff before.dmp after.dmp later.dmp --top 10
        clrscope diff before.dmp after.dmp -min 64K --sort count --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut profiled = vec![Profiled::of(context)?];
        for path in &self.later {
            profiled.push(context.with_other(path, Profiled::of)?);
        }
        let mut issues = Issues::new();
        let (mut profiles, mut identities) = (Vec::new(), Vec::new());
        for (number, dump) in (1..).zip(profiled) {
            issues.extend(of_dump(&dump.issues, number));
            profiles.push(dump.profile);
            identities.push(dump.identity);
        }
        let sort = match self.sort {
            Sort::Bytes => DiffSort::Bytes,
            Sort::Count => DiffSort::Count,
            Sort::Name => DiffSort::Name,
        };
        let top = Some(self.top).filter(|&top| top > 0);
        let options = DiffOptions { sort, min_bytes: self.min, top };
        let answer = Answer::new(&compare(&profiles), options);
        context.answer_for_dumps(&answer, &identities, &issues)
    }
}
