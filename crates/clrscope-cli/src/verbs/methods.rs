//! `dumpmd`, `ip2md`, `dumpil`: methods with their code.

use clap::Args;
use clrscope::clr::code::{CodeMap, MethodNamer};
use clrscope::clr::il::NoIl;
use clrscope::image::TableId;
use clrscope::image::Token;
use clrscope::memory::{Issues, VirtAddr};
use clrscope_report::verbs::dumpil::Il;
use clrscope_report::verbs::methods::{MethodEntries, MethodEntry, MethodList};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Makes entries of methods. What was wrong with the runtime's tables of code is added to `issues`.
pub(crate) fn with_methods<'d, R>(
    context: &Context<'d>,
    issues: &mut Issues,
    make: impl FnOnce(&CodeMap<'d>, &MethodEntries<'_, 'd>) -> R,
) -> Result<R, Failure> {
    let (_, runtime) = context.runtime()?;
    let unreadable = |error: clrscope::clr::MissingField| Failure::Unreadable(error.to_string());
    let code = CodeMap::new(runtime).map_err(unreadable)?;
    let namer = MethodNamer::new(runtime).map_err(unreadable)?;
    issues.append(code.issues().clone());
    Ok(make(&code, &MethodEntries::new(&code, &namer, context.name_style())))
}

fn answer(
    context: &Context<'_>,
    method: Option<MethodEntry>,
    none: String,
    issues: &Issues,
) -> Result<Outcome, Failure> {
    let methods = vec![method.ok_or(Failure::NotFound(none))?];
    context.answer(&MethodList { methods }, issues)
}

/// Which method.
#[derive(Debug, Args)]
pub(crate) struct DumpMd {
    /// The runtime's record of the method
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for DumpMd {
    const NAME: &'static str = "dumpmd";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "A method by its MethodDesc, with its code";
    const EXAMPLES: &'static str = "clrscope dumpmd app.dmp 00007ff89d2a4f10";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.issues();
        let method = with_methods(context, &mut issues, |code, entries| {
            Some(entries.of_record(&code.method_desc(self.address)?))
        })?;
        answer(context, method, format!("{:#x} is no method's record", self.address), &issues)
    }
}

/// Which code.
#[derive(Debug, Args)]
pub(crate) struct Ip2Md {
    /// An address in the code of a method, or of the stub before one
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for Ip2Md {
    const NAME: &'static str = "ip2md";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The method whose code an address is in";
    const EXAMPLES: &'static str = "clrscope ip2md app.dmp 00007ff89d31c5a2";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let mut issues = context.issues();
        let method =
            with_methods(context, &mut issues, |_, entries| entries.at_code(self.address))?;
        answer(context, method, format!("{:#x} is in no method's code", self.address), &issues)
    }
}

/// Which method.
#[derive(Debug, Args)]
pub(crate) struct DumpIl {
    /// The runtime's record of the method, or, with a token, of its module
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// The method's token in the module
    #[arg(value_parser = value::address)]
    token: Option<VirtAddr>,
}

impl Action for DumpIl {
    const NAME: &'static str = "dumpil";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The IL of a method, with the names of what it refers to";
    const EXAMPLES: &'static str = "
        clrscope dumpil app.dmp 00007ff89d2a4f10
        clrscope dumpil app.dmp 00007ff89d2a0000 06000011
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let mut issues = context.issues();
        let (module, row) = match self.token {
            Some(token) => {
                let token = u32::try_from(token.0).map(Token).unwrap_or_default();
                let usage = || Failure::Usage("the token of a method begins with 06".to_owned());
                let row = token.rid_in(TableId::MethodDef).ok_or_else(usage)?;
                (self.address, row)
            }
            None => with_methods(context, &mut issues, |code, _| {
                let method = code.method_desc(self.address).filter(|method| method.row != 0);
                let types = context.types().ok()?;
                Some((types.module_of(method?.method_table)?.address(), method?.row))
            })?
            .ok_or_else(|| {
                Failure::NotFound(format!("{:#x} is no record of a method with IL", self.address))
            })?,
        };
        let name = with_methods(context, &mut issues, |_, entries| {
            let module = context.types().ok()?.modules().at(module)?;
            Some(entries.of_row(&module, row)?.name)
        })?;
        let il = runtime.method_il(module, row).map_err(|why| match why {
            NoIl::NoMethod(_) | NoIl::HasNone(_) => Failure::NotFound(why.to_string()),
            _ => Failure::Unreadable(why.to_string()),
        })?;
        context.answer(&Il::new(name.unwrap_or_default(), &il, context.name_style()), &issues)
    }
}
