//! `dumpmt`, `dumpclass`, `name2ee`, `token2ee`: types by method table, class, name and token.

use clap::Args;
use clrscope::clr::{NamePattern, Type};
use clrscope::image::Token;
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::types::{TypeList, TypeParts, TypeRow};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which type.
#[derive(Debug, Args)]
pub(crate) struct DumpMt {
    /// The method table
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// List the methods that the type declares
    #[arg(long)]
    md: bool,
}

impl Action for DumpMt {
    const NAME: &'static str = "dumpmt";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The type of a method table";
    const EXAMPLES: &'static str = "clrscope dumpmt app.dmp 00007ff8`9d2a4f10 -md";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let none = || Failure::NotThere(format!("{:#x} is no method table", self.address));
        let ty = context.types()?.get(self.address).ok_or_else(none)?;
        answer(context, &[ty], TypeParts { methods: self.md, ..TypeParts::default() })
    }
}

/// Which class.
#[derive(Debug, Args)]
pub(crate) struct DumpClass {
    /// The `EEClass`
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for DumpClass {
    const NAME: &'static str = "dumpclass";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The types of an EEClass, with their fields";
    const EXAMPLES: &'static str = "clrscope dumpclass app.dmp 00007ff8`9d2a4f10";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let types = context.types()?;
        let all = types.loaded().into_iter().filter_map(|table| types.get(table));
        let found: Vec<_> = all.filter(|ty| ty.class() == Some(self.address)).collect();
        if found.is_empty() {
            return Err(Failure::NotThere(format!("{:#x} is no EEClass", self.address)));
        }
        answer(context, &found, TypeParts { fields: true, ..TypeParts::default() })
    }
}

/// Which name.
#[derive(Debug, Args)]
pub(crate) struct Name2Ee {
    /// MODULE!TYPE, or a module and then a type; `*` stands for any text, `*!` for any module
    #[arg(required = true, num_args = 1..=2)]
    name: Vec<String>,
}

impl Action for Name2Ee {
    const NAME: &'static str = "name2ee";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Types by module and name";
    const EXAMPLES: &'static str = "
        clrscope name2ee app.dmp MyApp.dll!MyApp.Order
        clrscope name2ee app.dmp *!System.String
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (module, name) = match self.name.as_slice() {
            [module, name] => (module.as_str(), name.as_str()),
            [both] => both.split_once('!').unwrap_or(("*", both)),
            _ => return Err(Failure::Usage("a name is MODULE!TYPE".to_owned())),
        };
        let modules = NamePattern::new(module).ignore_case();
        let mut found = context.types()?.find(&NamePattern::new(name));
        found.retain(|ty| is_in(ty, &modules));
        if found.is_empty() {
            return Err(Failure::NotThere(format!("no loaded type of {module} is called {name}")));
        }
        answer(context, &found, TypeParts::default())
    }
}

/// Which token.
#[derive(Debug, Args)]
pub(crate) struct Token2Ee {
    /// The module; `*` stands for any text
    module: String,

    /// The token of a type
    #[arg(value_parser = value::address)]
    token: VirtAddr,
}

impl Action for Token2Ee {
    const NAME: &'static str = "token2ee";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Types by module and token";
    const EXAMPLES: &'static str = "clrscope token2ee app.dmp MyApp.dll 02000003";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let types = context.types()?;
        let modules = NamePattern::new(&self.module).ignore_case();
        let token = u32::try_from(self.token.0)
            .map(Token)
            .map_err(|_| Failure::Usage("a token has 32 bits".to_owned()))?;
        let all = types.modules().iter().filter_map(|module| types.by_token(module, token));
        let found: Vec<_> = all.filter(|ty| is_in(ty, &modules)).collect();
        if found.is_empty() {
            let token = token.0;
            return Err(Failure::NotThere(format!("no loaded type has the token {token:08x}")));
        }
        answer(context, &found, TypeParts::default())
    }
}

/// Whether a module of such a name declares a type: with its extension or without.
fn is_in(ty: &Type<'_, '_>, modules: &NamePattern) -> bool {
    ty.module().is_some_and(|module| {
        modules.matches(module.file_name()) || modules.matches(module.simple_name())
    })
}

fn answer(
    context: &Context<'_>,
    types: &[Type<'_, '_>],
    parts: TypeParts,
) -> Result<Outcome, Failure> {
    let style = context.name_style();
    let types = types.iter().map(|ty| TypeRow::new(ty, style, parts)).collect();
    context.answer(&TypeList { types }, &context.issues())
}
