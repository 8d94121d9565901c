//! `statics`: static and thread-static fields with their values.

use clap::Args;
use clrscope::clr::{FieldKind, NamePattern, NameStyle, thread_addresses};
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
}

impl Action for Statics {
    const NAME: &'static str = "statics";
    const GROUP: Group = Group::Roots;
    const ABOUT: &'static str = "Static and thread-static fields with their values";
    const EXAMPLES: &'static str = "
        clrscope statics app.dmp -type MyCompany.*
        clrscope statics app.dmp --format json
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let types = context.types()?;
        let mut issues = context.issues();
        issues.append(runtime.issues().clone());
        let threads = thread_addresses(runtime)
            .map_err(|error| Failure::Unreadable(error.to_string()))?
            .take(&mut issues);
        let pattern = self.type_name.as_deref().map(|text| NamePattern::new(text).ignore_case());
        let style = context.name_style();
        let mut fields = Vec::new();
        let mut matched = false;
        for table in types.loaded() {
            context.control().check()?;
            let name = types.name(table).to_string_in(NameStyle::CSharp);
            if pattern.as_ref().is_some_and(|pattern| !pattern.matches(&name)) {
                continue;
            }
            // Open types, and what instantiations over references share, have no statics of their own.
            let Some(ty) = types.get(table).filter(|ty| !ty.is_open()) else { continue };
            if name.contains("System.__Canon") {
                continue;
            }
            matched = true;
            for field in ty.statics() {
                if field.kind() != FieldKind::ThreadStatic {
                    let value = ty.static_value(field);
                    fields.push(StaticRow::new(&ty, field, value, None, style));
                    continue;
                }
                for &thread in &threads {
                    if let Some(value) = ty.thread_static_value(field, thread) {
                        fields.push(StaticRow::new(&ty, field, Some(value), Some(thread), style));
                    }
                }
            }
        }
        if !matched {
            return Err(Failure::NotThere("no loaded type has such a name".to_owned()));
        }
        context.answer(&statics::Statics { fields }, &issues)
    }
}
