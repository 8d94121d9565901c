//! `dumpruntimetypes`, `findappdomain`: `System.RuntimeType` objects; the domain of an object.

use clap::Args;
use clrscope::clr::DomainKind;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::runtime_types::{ObjectDomain, RuntimeTypeRow, RuntimeTypes};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Nothing to choose.
#[derive(Debug, Args)]
pub(crate) struct DumpRuntimeTypes {}

impl Action for DumpRuntimeTypes {
    const NAME: &'static str = "dumpruntimetypes";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "System.RuntimeType objects, and the types that they stand for";
    const EXAMPLES: &'static str = "clrscope dumpruntimetypes app.dmp";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (objects, issues) = context.objects()?;
        let types = context.types()?;
        let style = context.name_style();
        let wanted = objects.types().iter().find_map(|(id, info)| {
            (types.get(info.address)?.name() == "System.RuntimeType").then_some(id)
        });
        let control = context.control();
        let found = objects.fold(
            &control,
            |_| Vec::new(),
            |addresses: &mut Vec<VirtAddr>, object, _| {
                if Some(object.ty) == wanted {
                    addresses.push(object.address);
                }
            },
        )?;
        let rows = found.into_iter().flatten();
        let types = rows.map(|address| RuntimeTypeRow::new(address, types, style)).collect();
        context.answer(&RuntimeTypes { types }, &issues)
    }
}

/// Which object.
#[derive(Debug, Args)]
pub(crate) struct FindAppDomain {
    /// The object
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for FindAppDomain {
    const NAME: &'static str = "findappdomain";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The application domain of an object";
    const EXAMPLES: &'static str = "clrscope findappdomain app.dmp 0000024122b89780";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let object = context.types()?.object(self.address);
        let object = object.map_err(|error| Failure::NotFound(error.to_string()))?;
        let domains = runtime.modules().domains().iter();
        let mut own = domains.filter(|domain| domain.kind == DomainKind::Application).zip(1..);
        // The first that lists the module of its type; .NET Core has one domain only.
        let module = object.ty().module().map(|module| module.address());
        let listed = own
            .clone()
            .find(|(domain, _)| module.is_some_and(|module| domain.modules.contains(&module)));
        let (domain, id) = listed
            .or_else(|| own.next())
            .ok_or_else(|| Failure::NotFound("no application domain was found".to_owned()))?;
        let found = ObjectDomain {
            object: self.address.into(),
            domain: domain.address.into(),
            name: domain.name.clone(),
            id,
        };
        context.answer(&found, &context.runtime_issues()?)
    }
}
