//! `dumpobj`, `dumparray` and `dumpvc`: one object, array or value.

use clap::Args;
use clrscope::clr::code::MethodFinder;
use clrscope::clr::{ElementType, Value};
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::dumpobj::{self, Extent, Surroundings};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::object;
use crate::value;
use crate::verb::{Action, Group};

/// Which object.
#[derive(Debug, Args)]
pub(crate) struct DumpObj {
    /// The object
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// Leave the fields out
    #[arg(long)]
    nofields: bool,

    /// List what the object refers to, and by which field or element
    #[arg(long)]
    refs: bool,
}

impl Action for DumpObj {
    const NAME: &'static str = "dumpobj";
    const ALIASES: &'static [&'static str] = &["do"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "An object with its fields and their values";
    const EXAMPLES: &'static str = "
        clrscope dumpobj app.dmp 00007ff89d2a4f10
        clrscope do app.dmp 022b8978 --format json
        clrscope do app.dmp 022b8978 -nofields -refs
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let extent = Extent { fields: !self.nofields, references: self.refs, ..Extent::FIELDS };
        show(context, self.address, extent, |_| Ok(()))
    }
}

/// Which array, and what of it.
#[derive(Debug, Args)]
pub(crate) struct DumpArray {
    /// The array
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// First element to show, counted from zero over all dimensions
    #[arg(long, value_name = "N", default_value_t = 0)]
    start: u32,

    /// Elements to show; all by default
    #[arg(long, value_name = "N")]
    length: Option<u32>,

    /// Show each object or struct among them as dumpobj and dumpvc do
    #[arg(long)]
    details: bool,

    /// Leave out the fields of those
    #[arg(long)]
    nofields: bool,
}

impl Action for DumpArray {
    const NAME: &'static str = "dumparray";
    const ALIASES: &'static [&'static str] = &["da"];
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "An array with its elements";
    const EXAMPLES: &'static str = "
        clrscope dumparray app.dmp 00007ff89d2a4f10
        clrscope da app.dmp 022b8978 -start 100 -length 10 -details
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let elements = self.length.unwrap_or(u32::MAX);
        let extent = Extent {
            fields: !self.nofields,
            start: self.start,
            elements,
            details: self.details,
            references: false,
        };
        show(context, self.address, extent, |report| match report.elements {
            Some(_) => Ok(()),
            None => Err(Failure::NotThere(format!("{} is no array", report.name))),
        })
    }
}

fn show(
    context: &Context<'_>,
    address: VirtAddr,
    extent: Extent,
    check: impl Fn(&dumpobj::DumpObj) -> Result<(), Failure>,
) -> Result<Outcome, Failure> {
    let (objects, _) = context.objects()?;
    // What is wrong elsewhere on the heap takes nothing from this answer.
    let mut issues = context.issues();
    let found = object::find(context, &objects, address, &mut issues)?;
    let (_, runtime) = context.runtime()?;
    // Without the code the answer only lacks names of methods.
    let methods = MethodFinder::new(runtime).ok();
    let style = context.name_style();
    let around = Surroundings { objects: &objects, methods: methods.as_ref(), style };
    let report = dumpobj::DumpObj::new(&found.object, found.verdict.clone(), &around, extent);
    check(&report)?;
    Ok(found.outcome(context.answer(&report, &issues)?))
}

/// Which value.
#[derive(Debug, Args)]
pub(crate) struct DumpVc {
    /// Method table of its type
    #[arg(value_parser = value::address)]
    mt: VirtAddr,

    /// Where it is
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for DumpVc {
    const NAME: &'static str = "dumpvc";
    const GROUP: Group = Group::Heap;
    const ABOUT: &'static str = "A struct in an object or an array, with its fields";
    const EXAMPLES: &'static str = "
        clrscope dumpvc app.dmp 00007ff89d2a4f10 0000024122b89780
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let types = context.types()?;
        let no_type = || Failure::NotFound(format!("{:#x} is no method table", self.mt));
        let ty = types.get(self.mt).ok_or_else(no_type)?;
        if !context.snapshot().space.contains(self.address) {
            return Err(Failure::NotFound(format!("{:#x} is not in the dump", self.address)));
        }
        let value = Value::at(types, self.address, ElementType::Struct, Some(ty.method_table()));
        let report =
            dumpobj::DumpObj::of_value(&value, context.name_style(), true).ok_or_else(no_type)?;
        context.answer(&report, &context.issues())
    }
}
