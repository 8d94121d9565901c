//! `dumpdomain`: application domains with their assemblies.

use std::io;

use clrscope_clr::{AllocatorKind, DomainKind, LoaderHeapKind, LoaderHeaps, Runtime};
use serde::Serialize;

use crate::assembly_entry::module_name;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A loader heap of a domain.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DomainHeap {
    /// Its kind: `LowFrequencyHeap`.
    pub kind: &'static str,
    /// Address of the runtime's record of it.
    pub address: Address,
}

/// An assembly of a domain, with its main module.
#[derive(Debug, Clone, Serialize)]
pub struct DomainAssembly {
    /// Address of the runtime's record of the assembly.
    pub address: Option<Address>,
    /// Path of its file; of an emitted one, its name.
    pub name: String,
    /// Address of the runtime's record of the module.
    pub module: Address,
}

/// An application domain.
#[derive(Debug, Clone, Serialize)]
pub struct DomainRow {
    /// Address of the runtime's record.
    pub address: Address,
    /// `system`, `shared` or `application`.
    pub kind: &'static str,
    /// Its number among those of the application, from 1; zero for the runtime's own.
    pub id: u32,
    /// Its name.
    pub name: Option<String>,
    /// Its loader heaps. Since .NET Core 3.0 those of the application's domain are those of the system's.
    pub heaps: Vec<DomainHeap>,
    /// Its assemblies, in the order in which they were loaded.
    pub assemblies: Vec<DomainAssembly>,
}

/// The answer of `dumpdomain`.
#[derive(Debug, Clone, Serialize)]
pub struct DomainList {
    /// The domains.
    pub domains: Vec<DomainRow>,
}

impl DomainList {
    /// Says which domains a runtime has.
    pub fn new(runtime: &Runtime<'_>, heaps: &LoaderHeaps) -> DomainList {
        let modules = runtime.modules();
        let mut id = 0;
        let row = |domain: &clrscope_clr::AppDomain| {
            let is_application = domain.kind == DomainKind::Application;
            id += u32::from(is_application);
            let own = match domain.kind {
                DomainKind::Application => AllocatorKind::AppDomain,
                DomainKind::System | DomainKind::Shared => AllocatorKind::Global,
            };
            let has = |kind| heaps.allocators.iter().any(|owner| owner.kind == kind);
            let own = if has(own) { own } else { AllocatorKind::Global };
            let of_domain = heaps.heaps.iter().filter(|heap| {
                heaps.owner(heap).is_some_and(|owner| owner.kind == own)
                    && heap.kind <= LoaderHeapKind::NewStubPrecode
            });
            DomainRow {
                address: domain.address.into(),
                kind: match domain.kind {
                    DomainKind::System => "system",
                    DomainKind::Shared => "shared",
                    DomainKind::Application => "application",
                },
                id: if is_application { id } else { 0 },
                name: domain.name.clone(),
                heaps: of_domain
                    .map(|heap| DomainHeap { kind: heap.kind.name(), address: heap.address.into() })
                    .collect(),
                assemblies: domain
                    .modules
                    .iter()
                    .filter_map(|&address| modules.at(address))
                    .map(|module| DomainAssembly {
                        address: module.assembly().map(Address::from),
                        name: module_name(&module),
                        module: module.address().into(),
                    })
                    .collect(),
            }
        };
        DomainList { domains: modules.domains().iter().map(row).collect() }
    }
}

impl Report for DomainList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        for domain in &self.domains {
            writeln!(page, "--------------------------------------")?;
            let title = match domain.kind {
                "system" => "System Domain:".to_owned(),
                "shared" => "Shared Domain:".to_owned(),
                _ => format!("Domain {}:", domain.id),
            };
            writeln!(page, "{title:<20}{}", style.address(domain.address.into()))?;
            for heap in &domain.heaps {
                let kind = format!("{}:", heap.kind);
                writeln!(page, "{kind:<20}{}", style.address(heap.address.into()))?;
            }
            let name = domain.name.as_deref().filter(|_| domain.kind == "application");
            writeln!(page, "{:<20}{}", "Name:", Escaped(name.unwrap_or("None")))?;
            for assembly in &domain.assemblies {
                writeln!(page)?;
                let address = match assembly.address {
                    Some(address) => style.address(address.into()).to_string(),
                    None => "-".to_owned(),
                };
                let name = Escaped(&assembly.name);
                writeln!(page, "{:<20}{address} [{name}]", "Assembly:")?;
                writeln!(page, "  Module")?;
                writeln!(page, "  {}    {name}", style.address(assembly.module.into()))?;
            }
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["domain", "kind", "id", "domain_name", "assembly", "module", "name"])?;
        for domain in &self.domains {
            for assembly in &domain.assemblies {
                rows.row(&[
                    domain.address.into(),
                    Cell::Text(domain.kind),
                    Cell::Number(domain.id.into()),
                    Cell::optional(domain.name.as_deref()),
                    assembly.address.map_or(Cell::Empty, Cell::from),
                    assembly.module.into(),
                    Cell::Text(&assembly.name),
                ])?;
            }
        }
        Ok(())
    }
}
