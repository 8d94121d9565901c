//! `dumpdomain`, `assemblies`, `dumpassembly`, `modules`, `dumpmodule`, `dumpalc`: what was loaded.

use clap::Args;
use clrscope::analyze::keepers;
use clrscope::clr::{LoaderHeaps, NamePattern};
use clrscope::memory::VirtAddr;
use clrscope_report::verbs::modules::{
    AssemblyList, DomainList, LoadContexts, ModuleList, ModuleRow,
};

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::value;
use crate::verb::{Action, Group};

/// Which domains.
#[derive(Debug, Args)]
pub(crate) struct DumpDomain {
    /// One domain; all, if none is given
    #[arg(value_parser = value::address)]
    address: Option<VirtAddr>,
}

impl Action for DumpDomain {
    const NAME: &'static str = "dumpdomain";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Application domains with their assemblies and loader heaps";
    const EXAMPLES: &'static str = "clrscope dumpdomain app.dmp";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let mut issues = context.runtime_issues()?;
        issues.append(runtime.modules().issues().clone());
        let heaps = LoaderHeaps::read(runtime).take(&mut issues);
        let mut found = DomainList::new(runtime, &heaps);
        if let Some(address) = self.address {
            found.domains.retain(|domain| domain.address == address.into());
            if found.domains.is_empty() {
                return Err(Failure::NotFound(format!("{address:#x} is no domain")));
            }
        }
        context.answer(&found, &issues)
    }
}

fn assemblies(
    context: &Context<'_>,
    only: Option<VirtAddr>,
    name: Option<&str>,
) -> Result<Outcome, Failure> {
    let (_, runtime) = context.runtime()?;
    let mut issues = context.runtime_issues()?;
    issues.append(runtime.modules().issues().clone());
    let heaps = LoaderHeaps::read(runtime).take(&mut issues);
    let shares = heaps.shares(runtime).take(&mut issues);
    let mut found = AssemblyList::new(runtime, &shares, only);
    if let Some(name) = name {
        let pattern = NamePattern::new(&format!("*{name}*")).ignore_case();
        found.assemblies.retain(|assembly| pattern.matches(assembly.file_name()));
        if found.is_empty() {
            return Err(Failure::NotFound(format!("no assembly is called {name}")));
        }
    }
    // Without the managed heap it is not known what keeps assemblies, and that is said of each.
    if found.has_collectible()
        && let Ok((objects, _)) = context.objects()
    {
        let (graph, search) = context.search(&objects, &mut issues)?;
        found.add_keepers(&keepers(&heaps, &graph, &search));
    }
    match only {
        Some(only) if found.is_empty() => {
            Err(Failure::NotFound(format!("{only:#x} is no assembly")))
        }
        _ => context.answer(&found, &issues),
    }
}

/// Which assemblies.
#[derive(Debug, Args)]
pub(crate) struct Assemblies {
    /// Only those whose names contain this text, in any case; `*` stands for any text
    #[arg(short = 'n', long, value_name = "TEXT")]
    name: Option<String>,

    /// Taken for SOS's sake: all is shown anyway
    #[arg(short = 'v', long, hide = true)]
    verbose: bool,
}

impl Action for Assemblies {
    const NAME: &'static str = "assemblies";
    const ALIASES: &'static [&'static str] = &["clrmodules"];
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Assemblies with their load contexts, their types and their bytes";
    const EXAMPLES: &'static str = "
        clrscope assemblies app.dmp
        clrscope assemblies app.dmp -name MyCompany
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        assemblies(context, None, self.name.as_deref())
    }
}

/// Which assembly.
#[derive(Debug, Args)]
pub(crate) struct DumpAssembly {
    /// The runtime's record of the assembly
    #[arg(value_parser = value::address)]
    address: VirtAddr,
}

impl Action for DumpAssembly {
    const NAME: &'static str = "dumpassembly";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "One assembly";
    const EXAMPLES: &'static str = "clrscope dumpassembly app.dmp 0000024122b89780";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        assemblies(context, Some(self.address), None)
    }
}

/// Which modules.
#[derive(Debug, Args)]
pub(crate) struct Modules {
    /// Names of files or assemblies; `*` stands for any text
    #[arg(default_value = "*")]
    name: String,
}

impl Action for Modules {
    const NAME: &'static str = "modules";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Managed modules with their images and metadata";
    const EXAMPLES: &'static str = "
        clrscope modules app.dmp
        clrscope modules app.dmp \"MyCompany.*\"
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let mut issues = context.runtime_issues()?;
        issues.append(runtime.modules().issues().clone());
        let contexts = runtime.load_contexts();
        let pattern = NamePattern::new(&self.name).ignore_case();
        let fits = |name: &str| pattern.matches(name);
        let modules = runtime.modules().iter();
        let modules = modules.filter(|m| fits(m.file_name()) || fits(m.simple_name()));
        let rows: Vec<_> =
            modules.map(|module| ModuleRow::new(module, context.snapshot(), &contexts)).collect();
        if rows.is_empty() && self.name != "*" {
            return Err(Failure::NotFound(format!("no module is called {}", self.name)));
        }
        context.answer(&ModuleList::list(rows), &issues)
    }
}

/// Which module.
#[derive(Debug, Args)]
pub(crate) struct DumpModule {
    /// The runtime's record of the module
    #[arg(value_parser = value::address)]
    address: VirtAddr,

    /// List the types that the module declares
    #[arg(long)]
    mt: bool,
}

impl Action for DumpModule {
    const NAME: &'static str = "dumpmodule";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "One module, with -mt the types that it declares";
    const EXAMPLES: &'static str = "clrscope dumpmodule app.dmp 00007ff89d2a4f10 -mt";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let none = || Failure::NotFound(format!("{:#x} is no module", self.address));
        let module = runtime.modules().at(self.address).ok_or_else(none)?;
        let mut row = ModuleRow::new(&module, context.snapshot(), &runtime.load_contexts());
        if self.mt {
            row = row.with_types(&module, runtime);
        }
        context.answer(&ModuleList::one(row), &context.runtime_issues()?)
    }
}

/// Which load contexts.
#[derive(Debug, Args)]
pub(crate) struct DumpAlc {
    /// A load context, or an object whose type's context is asked for; all contexts, if none is given
    #[arg(value_parser = value::address)]
    address: Option<VirtAddr>,
}

impl Action for DumpAlc {
    const NAME: &'static str = "dumpalc";
    const GROUP: Group = Group::Types;
    const ABOUT: &'static str = "Load contexts with what they loaded (.NET 8 and later)";
    const EXAMPLES: &'static str = "
        clrscope dumpalc app.dmp
        clrscope dumpalc app.dmp 0000024122b89780
    ";

    fn run(&self, context: &Context<'_>) -> Result<Outcome, Failure> {
        let (_, runtime) = context.runtime()?;
        let issues = context.runtime_issues()?;
        let mut contexts = runtime.load_contexts();
        if contexts.is_empty() {
            let why = "the layout of this runtime does not tell which context an assembly is of";
            return Err(Failure::NotThere(why.to_owned()));
        }
        if let Some(address) = self.address {
            let is_context = contexts.iter().any(|context| context.object == Some(address));
            let wanted = if is_context {
                Some(address)
            } else {
                let object = context.types()?.object(address);
                let object = object.map_err(|error| Failure::NotFound(error.to_string()))?;
                object.ty().load_context()
            };
            contexts.retain(|context| context.object == wanted);
        }
        context.answer(&LoadContexts::new(runtime, &contexts), &issues)
    }
}
