//! `dumpmt`, `dumpclass`, `name2ee`, `token2ee`: types by method table, class, name and token.

use clap::Args;
use clrscope::clr::{Module, NamePattern, NameStyle, Type};
use clrscope::image::rows::MethodDef;
use clrscope::image::{TableId, Token};
use clrscope::memory::{Issues, VirtAddr};
use clrscope_report::verbs::methods::MethodEntry;
use clrscope_report::verbs::types::{TypeList, TypeRow};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};
use crate::verbs::methods::with_methods;

/// Which type.
#[derive(Debug, Args)]
pub(crate) struct DumpMt {
    /// The method table
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// List the methods that the type declares
    #[arg(long)]
    md: bool,

    /// List its fields and statics as well as its methods
    #[arg(long)]
    all: bool,
}

impl Action for DumpMt {
    const NAME: &'static str = "dumpmt";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "The type of a method table";
    const EXAMPLES: &'static str = "
        clrscope dumpmt app.dmp 00007ff89d2a4f10 -md
        clrscope dumpmt app.dmp 00007ff89d2a4f10 -all
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let none = || Failure::NotFound(format!("{:#x} is no method table", self.address));
        let ty = context.types()?.get(self.address).ok_or_else(none)?;
        let mut row = TypeRow::new(&ty, context.name_style(), self.all);
        let mut issues = context.issues();
        if self.md || self.all {
            row.methods = with_methods(context, &mut issues, |code, entries| {
                code.methods_of(&ty).iter().map(|method| entries.of_record(method)).collect()
            })?;
        }
        context.answer(&TypeList { types: vec![row], methods: Vec::new() }, &issues)
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
    const EXAMPLES: &'static str = "clrscope dumpclass app.dmp 00007ff89d2a4f10";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let types = context.types()?;
        let all = types.loaded().into_iter().filter_map(|table| types.get(table));
        let found: Vec<_> = all.filter(|ty| ty.class() == Some(self.address)).collect();
        if found.is_empty() {
            return Err(Failure::NotFound(format!("{:#x} is no EEClass", self.address)));
        }
        answer(context, &found, true)
    }
}

/// Which name.
#[derive(Debug, Args)]
pub(crate) struct Name2Ee {
    /// MODULE!TYPE or MODULE!TYPE.METHOD, or a module and then such a name; `*` stands for any text,
    /// `*!` for any module. If no type is called so, case does not matter
    #[arg(required = true, num_args = 1..=2)]
    name: Vec<String>,
}

impl Action for Name2Ee {
    const NAME: &'static str = "name2ee";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Types and methods by module and name";
    const EXAMPLES: &'static str = "
        clrscope name2ee app.dmp MyApp.dll MyApp.Order
        clrscope name2ee app.dmp MyApp.dll MyApp.Order.Total
        clrscope name2ee app.dmp \"MyApp.*\" \"*.Order\"
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (module, name) = match self.name.as_slice() {
            [module, name] => (module.as_str(), name.as_str()),
            [both] => both.split_once('!').unwrap_or(("*", both)),
            _ => return Err(Failure::Usage("a name is MODULE!TYPE".to_owned())),
        };
        let modules = NamePattern::new(module).ignore_case();
        let types = context.types()?;
        let find = |pattern: NamePattern| {
            let mut found = types.find(&pattern);
            found.retain(|ty| is_in(ty, &modules));
            found
        };
        let mut found = find(NamePattern::new(name));
        if found.is_empty() {
            found = find(NamePattern::new(name).ignore_case());
        }
        if !found.is_empty() {
            return answer(context, &found, false);
        }
        let mut issues = context.issues();
        let methods = methods_called(context, &modules, name, &mut issues)?;
        if methods.is_empty() {
            let why = format!("no loaded type and no method of {module} is called {name}");
            return Err(Failure::NotFound(why));
        }
        context.answer(&TypeList { types: Vec::new(), methods }, &issues)
    }
}

/// Which token.
#[derive(Debug, Args)]
pub(crate) struct Token2Ee {
    /// The module; `*` stands for any text
    module: String,

    /// The token of a type or of a method
    #[arg(value_parser = value::address)]
    token: VirtAddr,
}

impl Action for Token2Ee {
    const NAME: &'static str = "token2ee";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Types and methods by module and token";
    const EXAMPLES: &'static str = "
        clrscope token2ee app.dmp MyApp.dll 02000003
        clrscope token2ee app.dmp MyApp.dll 06000011
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let types = context.types()?;
        let modules = NamePattern::new(&self.module).ignore_case();
        let token = u32::try_from(self.token.0)
            .map(Token)
            .map_err(|_| Failure::Usage("a token has 32 bits".to_owned()))?;
        if let Some(row) = token.rid_in(TableId::MethodDef) {
            return methods_with_row(context, &modules, row);
        }
        let all = types.modules().iter().filter_map(|module| types.by_token(module, token));
        let found: Vec<_> = all.filter(|ty| is_in(ty, &modules)).collect();
        if found.is_empty() {
            let token = token.0;
            return Err(Failure::NotFound(format!("no loaded type has the token {token:08x}")));
        }
        answer(context, &found, false)
    }
}

/// Whether a module of such a name declares a type.
fn is_in(ty: &Type<'_, '_>, modules: &NamePattern) -> bool {
    ty.module().is_some_and(|module| is_called(&module, modules))
}

/// Whether a module has such a name: with its extension or without.
fn is_called(module: &Module<'_>, modules: &NamePattern) -> bool {
    modules.matches(module.file_name()) || modules.matches(module.simple_name())
}

/// The methods of the types, loaded or not, of some modules that are called TYPE.METHOD.
fn methods_called<'d>(
    context: &Context<'d>,
    modules: &NamePattern,
    name: &str,
    issues: &mut Issues,
) -> Result<Vec<MethodEntry>, Failure> {
    // Constructors begin with a dot of their own.
    let dot = name.rfind('.').map(|at| if name[..at].ends_with('.') { at - 1 } else { at });
    let Some((owner, method)) = dot.map(|at| (&name[..at], &name[at + 1..])) else {
        return Ok(Vec::new());
    };
    let (owners, methods) = (NamePattern::new(owner), NamePattern::new(method));
    let types = context.types()?;
    let rows_of = |module: &Module<'d>| {
        let mut rows = Vec::new();
        let Some(metadata) = module.metadata() else { return rows };
        for rid in 1..=metadata.row_count(TableId::TypeDef) {
            let full = metadata.full_name(Token::new(TableId::TypeDef, rid));
            let loaded = types.modules().type_def(module, rid);
            let fits = full.is_some_and(|name| owners.matches(&name))
                || loaded.is_some_and(|at| {
                    owners.matches(&types.name(at).to_string_in(NameStyle::CSharp))
                });
            if fits {
                rows.extend(metadata.methods(rid).filter(|&row| {
                    let row = metadata.row::<MethodDef>(row);
                    row.is_some_and(|row| methods.matches(&metadata.string(row.name)))
                }));
            }
        }
        rows
    };
    let named = types.modules().iter().filter(|module| is_called(module, modules));
    with_methods(context, issues, |_, entries| {
        named
            .flat_map(|module| {
                let rows = rows_of(module).into_iter();
                rows.filter_map(|row| entries.of_row(module, row)).collect::<Vec<_>>()
            })
            .collect()
    })
}

/// The methods in a row of the metadata of some modules.
fn methods_with_row(
    context: &Context<'_>,
    modules: &NamePattern,
    row: u32,
) -> Result<Outcome, Failure> {
    let mut issues = context.issues();
    let all = context.types()?.modules().iter().filter(|module| is_called(module, modules));
    let methods: Vec<MethodEntry> = with_methods(context, &mut issues, |_, entries| {
        all.filter_map(|module| entries.of_row(module, row)).collect()
    })?;
    if methods.is_empty() {
        let token = Token::new(TableId::MethodDef, row);
        return Err(Failure::NotFound(format!("no method has the token {token}")));
    }
    context.answer(&TypeList { types: Vec::new(), methods }, &issues)
}

fn answer(context: &Context<'_>, types: &[Type<'_, '_>], fields: bool) -> Result<Outcome, Failure> {
    let style = context.name_style();
    let types = types.iter().map(|ty| TypeRow::new(ty, style, fields)).collect();
    context.answer(&TypeList { types, methods: Vec::new() }, &context.issues())
}
