//! `statics`: static and thread-static fields with their values.

use clap::Args;
use clrscope::analyze::{StaticValue, for_each_static, retained_by_slot};
use clrscope::clr::NamePattern;
use clrscope_report::verbs::statics::{self, StaticRow};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::verb::{Action, Group};

/// Which fields.
#[derive(Debug, Args)]
pub(crate) struct Statics {
    /// Types whose name fits this pattern, in any case: `*` stands for any text
    #[arg(long = "type", value_name = "PATTERN")]
    type_name: Option<String>,

    /// Say how much each field alone keeps alive, most first
    #[arg(long)]
    retained: bool,
}

impl Action for Statics {
    const NAME: &'static str = "statics";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Static and thread-static fields with their values";
    const EXAMPLES: &'static str = "
        clrscope statics app.dmp -type \"MyCompany.*\"
        clrscope statics app.dmp -retained
        clrscope statics app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let control = context.control();
        let mut issues = context.issues();
        issues.append(runtime.issues().clone());
        let pattern = self.type_name.as_deref().map(|text| NamePattern::new(text).ignore_case());
        let style = context.name_style();
        let mut fields = Vec::new();
        let mut matched = false;
        let wants = |name: &str| {
            let wanted = pattern.as_ref().is_none_or(|pattern| pattern.matches(name));
            matched |= wanted;
            wanted
        };
        let visit = |found: StaticValue<'_, '_, '_>| fields.push(StaticRow::new(&found, style));
        for_each_static(runtime, wants, visit, &mut issues, &control)
            .map_err(|error| context.unavailable(error))?;
        if !matched {
            return Err(Failure::NotFound("no loaded type has such a name".to_owned()));
        }
        if !self.retained {
            return context.answer(&statics::Statics::new(fields), &issues);
        }
        let (objects, mut issues) = context.objects()?;
        let graph = context.graph(&objects, true, &mut issues)?;
        let retained = retained_by_slot(&graph, &control)?;
        context.answer(&statics::Statics::by_retained(fields, &retained), &issues)
    }
}
