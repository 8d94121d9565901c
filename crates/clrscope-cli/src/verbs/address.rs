//! `address`: the regions of the address space.

use clap::{Args, ValueEnum};
use clrscope::analyze::{address_map, address_summary};
use clrscope::memory::{Issues, RegionState, RegionType, VirtAddr};
use clrscope_report::verbs::address::{AddressFilter, Regions, Summary};

use super::account::objects_or_issue;
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which regions, and how much of them.
#[derive(Debug, Args)]
pub(crate) struct Address {
    /// Print sums only: by usage, type, state and protection
    #[arg(long, visible_alias = "stat")]
    summary: bool,
    /// Only regions whose usage contains this: stacks, native heaps, images, coreclr.dll...
    #[arg(long, value_name = "TEXT")]
    usage: Option<String>,
    /// Only regions in this state
    #[arg(long, value_enum, ignore_case = true)]
    state: Option<State>,
    /// Only regions of this type
    #[arg(long = "type", value_enum, ignore_case = true)]
    ty: Option<Type>,
    /// Only the region that holds this address
    #[arg(value_parser = value::address)]
    address: Option<VirtAddr>,
}

/// A state of regions.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum State {
    #[value(alias = "MEM_COMMIT")]
    Commit,
    #[value(alias = "MEM_RESERVE")]
    Reserve,
    #[value(alias = "MEM_FREE")]
    Free,
}

/// A type of regions.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Type {
    #[value(alias = "MEM_PRIVATE")]
    Private,
    #[value(alias = "MEM_MAPPED")]
    Mapped,
    #[value(alias = "MEM_IMAGE")]
    Image,
}

impl Action for Address {
    const NAME: &'static str = "address";
    const ALIASES: &'static [&'static str] = &["maddress"];
    const GROUP: Group = Group::Process;
    const ABOUT: &'static str = "Regions of the address space, each with what it is for";
    const EXAMPLES: &'static str = "
        clrscope address app.dmp -summary
        clrscope address app.dmp -usage stacks
        clrscope address app.dmp 00007ff89d2a4f10
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = Issues::new();
        let objects = objects_or_issue(context, &mut issues)?;
        let control = context.control();
        let map = address_map(context.snapshot(), objects.as_ref(), &mut issues, &control)?;
        if self.summary {
            let summary = Summary::new(&map, &address_summary(&map));
            return context.answer_for_dump(&summary, &issues);
        }
        let filter = AddressFilter {
            usage: self.usage.clone(),
            state: self.state.map(|state| match state {
                State::Commit => RegionState::Commit,
                State::Reserve => RegionState::Reserve,
                State::Free => RegionState::Free,
            }),
            ty: self.ty.map(|ty| match ty {
                Type::Private => RegionType::Private,
                Type::Mapped => RegionType::Mapped,
                Type::Image => RegionType::Image,
            }),
            address: self.address,
        };
        let regions = Regions::new(&map, &filter);
        if let Some(address) = self.address.filter(|_| regions.regions.is_empty()) {
            return Err(Failure::NotFound(format!("{address:#x} is in no region of the dump")));
        }
        context.answer_for_dump(&regions, &issues)
    }
}
