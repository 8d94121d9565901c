//! Application domains and their lists of assemblies.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, VirtAddr, limits};

use super::array_list::read_array_list;
use crate::layout::{Globals, Layout};

/// What a domain is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DomainKind {
    /// The runtime's own; it lists no assemblies.
    System,
    /// Code that all domains share (up to .NET Core 2.1); its assemblies are listed by the
    /// application's domains too.
    Shared,
    /// The application's.
    Application,
}

/// An application domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppDomain {
    /// Address of the runtime's structure.
    pub address: VirtAddr,
    /// What it is for.
    pub kind: DomainKind,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Addresses of its modules in the order in which they were loaded.
    pub modules: Vec<VirtAddr>,
}

/// All domains: system, shared, application.
pub(super) fn read_domains(
    space: &AddressSpace<'_>,
    layout: &Layout,
    globals: &Globals,
    issues: &mut Issues,
) -> Vec<AppDomain> {
    let variable = |name: &str| space.follow(globals.address(name)?);
    let mut domains = Vec::new();
    for (global, kind, name) in [
        ("SystemDomain", DomainKind::System, "System Domain"),
        ("SharedDomain", DomainKind::Shared, "Shared Domain"),
    ] {
        if let Some(address) = variable(global) {
            let name = Some(name.to_owned());
            domains.push(AppDomain { address, kind, name, modules: Vec::new() });
        }
    }
    // Up to .NET Core 2.x there is a list of domains, later exactly one domain.
    let application = match globals.address("AppDomainIndexList") {
        Some(list) => read_array_list(space, list, issues),
        None => variable("AppDomain").into_iter().collect(),
    };
    if application.is_empty() {
        issues.push(Issue::general(
            IssueKind::MissingStructure,
            "no application domain was found; modules are known only where something refers to them",
        ));
    }
    for address in application {
        domains.push(read_application_domain(space, layout, address, issues));
    }
    domains
}

fn read_application_domain(
    space: &AddressSpace<'_>,
    layout: &Layout,
    address: VirtAddr,
    issues: &mut Issues,
) -> AppDomain {
    let name = layout
        .offset("AppDomain", "FriendlyName")
        .and_then(|offset| space.read_pointer(address.wrapping_add(offset)))
        .and_then(|text| space.read_wide_string(text, limits::MAX_NAME));
    let mut modules = Vec::new();
    match layout.require("AppDomain", "DomainAssemblyList") {
        Ok(offset) => {
            let list = address.wrapping_add(offset);
            for assembly in read_array_list(space, list, issues) {
                match module_of(space, layout, assembly) {
                    Some(module) => modules.push(module),
                    // An assembly that is being loaded has no module yet.
                    None => issues.push(Issue::in_memory(
                        IssueKind::MissingStructure,
                        assembly,
                        "an assembly of the domain has no module",
                    )),
                }
            }
        }
        Err(missing) => {
            issues.push(Issue::in_memory(IssueKind::Unsupported, address, missing.to_string()));
        }
    }
    AppDomain { address, kind: DomainKind::Application, name, modules }
}

/// The manifest module of an entry of a domain's list. In old runtimes the entry (`DomainAssembly`)
/// points to it, in newer ones the entry's `Assembly` does.
fn module_of(space: &AddressSpace<'_>, layout: &Layout, entry: VirtAddr) -> Option<VirtAddr> {
    let follow = |structure: &str, field: &str, from: VirtAddr| {
        space.follow(from.wrapping_add(layout.offset(structure, field)?))
    };
    follow("DomainAssembly", "Module", entry).or_else(|| {
        let assembly = follow("DomainAssembly", "Assembly", entry)?;
        follow("Assembly", "Module", assembly)
    })
}
