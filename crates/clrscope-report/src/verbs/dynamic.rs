//! `dynamic`: the assemblies that the process made while it ran.

mod assembly;
mod group;
mod methods;

use std::io;

use clrscope_analyze::{DynamicAssemblies, Grouped};
use clrscope_clr::Runtime;
use serde::Serialize;

pub use self::assembly::AssemblyRow;
pub use self::group::{AncestorRow, GroupRow};
pub use self::methods::{GeneratedRow, MethodsRow};
use crate::page::Page;
use crate::report::Report;
use crate::rows::Rows;

/// The answer of `dynamic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dynamic {
    /// How many dynamic assemblies there are.
    pub count: u64,
    /// How many of them can be unloaded.
    pub collectible: u64,
    /// How many assemblies the process has in all.
    pub of_assemblies: u64,
    /// Their bytes: metadata, images, loader heaps and code.
    pub bytes: u64,
    /// Bytes of loader heaps and code that all assemblies share or other assemblies have.
    pub other_loader_bytes: u64,
    /// See [`Dynamic::other_loader_bytes`].
    pub other_code_bytes: u64,
    /// Methods that were generated one by one, without an assembly.
    pub methods: MethodsRow,
    /// Those with code, by maker and shape of name, those with most code first.
    pub generated: Vec<GeneratedRow>,
    /// By maker and shape of name, the largest first.
    pub groups: Vec<GroupRow>,
    /// One by one, in the order in which they were loaded; empty, if only groups were asked for.
    pub assemblies: Vec<AssemblyRow>,
}

impl Dynamic {
    /// Says what `found` holds, of the assemblies of `runtime`; only groups, if `only_groups`.
    pub fn new(found: &DynamicAssemblies, runtime: &Runtime<'_>, only_groups: bool) -> Dynamic {
        let all = &found.assemblies;
        let groups: Vec<GroupRow> = found.groups.iter().map(|g| GroupRow::new(g, all)).collect();
        let listed = if only_groups { &[] } else { all.as_slice() };
        let contexts = runtime.load_contexts();
        let row = |assembly| AssemblyRow::new(assembly, runtime, &contexts);
        Dynamic {
            count: all.len() as u64,
            collectible: all.iter().filter(|assembly| assembly.collectible).count() as u64,
            of_assemblies: runtime.modules().len() as u64,
            bytes: groups.iter().map(|group| group.bytes).fold(0, u64::saturating_add),
            other_loader_bytes: found.shared.other_assemblies.saturating_add(found.shared.loader),
            other_code_bytes: found.shared.code,
            methods: MethodsRow::new(found.methods),
            generated: found.generated.iter().map(GeneratedRow::new).collect(),
            groups,
            assemblies: listed.iter().map(row).collect(),
        }
    }
}

impl Report for Dynamic {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(
            page,
            "{} of {} assemblies are dynamic; {} of them can be unloaded. They take {} bytes.",
            Grouped(self.count),
            Grouped(self.of_assemblies),
            Grouped(self.collectible),
            Grouped(self.bytes)
        )?;
        for group in &self.groups {
            writeln!(page)?;
            group.text(page)?;
        }
        writeln!(page)?;
        writeln!(
            page,
            "Other assemblies have, and all share, {} bytes of loader heaps and {} of code.",
            Grouped(self.other_loader_bytes),
            Grouped(self.other_code_bytes)
        )?;
        self.methods.text(page)?;
        self.generated.iter().try_for_each(|group| group.text(page))?;
        if self.assemblies.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        assembly::text(&self.assemblies, page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        match self.assemblies.is_empty() {
            true => group::rows(&self.groups, rows),
            false => assembly::rows(&self.assemblies, rows),
        }
    }
}
