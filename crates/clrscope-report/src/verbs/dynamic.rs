//! `dynamic`: the assemblies that the process made while it ran.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{DynamicAssemblies, DynamicAssembly, DynamicOrigin};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::{Address, Grouped};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Bytes that belong to a dynamic assembly alone. Its code and the runtime's structures of it lie in
/// heaps that it may share with others, and are not counted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AssemblyBytes {
    /// Of its metadata.
    pub metadata: u64,
    /// Of its image, if it was loaded from bytes.
    pub image: u64,
}

/// A dynamic assembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssemblyRow {
    /// Address of the runtime's structure of it.
    pub address: Option<Address>,
    /// Its simple name.
    pub name: String,
    /// Address of the runtime's structure of its module.
    pub module: Address,
    /// The name of its module.
    pub module_name: String,
    /// `emitted` or `loaded from bytes`.
    pub origin: &'static str,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// How many types it declares.
    pub types: u64,
    /// The first few of them.
    pub sample_types: Vec<String>,
    /// Its own bytes.
    pub bytes: AssemblyBytes,
}

/// A base type or interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AncestorRow {
    /// Its name.
    pub name: String,
    /// The assembly that it is in.
    pub assembly: String,
}

/// Dynamic assemblies of one maker and one shape of name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// Who made them; if nobody that is known, the assembly that their types derive from or implement.
    pub emitter: String,
    /// The shape of their names.
    pub pattern: String,
    /// How many.
    pub count: u64,
    /// `emitted` or `loaded from bytes`.
    pub origin: &'static str,
    /// Whether they can be unloaded.
    pub collectible: bool,
    /// Their metadata and images in bytes.
    pub bytes: u64,
    /// How many types they declare.
    pub types: u64,
    /// Base types and interfaces that all have in common.
    pub ancestors: Vec<AncestorRow>,
    /// Types of the first of them.
    pub samples: Vec<String>,
    /// The name of the first that was loaded.
    pub oldest: String,
    /// The name of the last.
    pub newest: String,
}

/// The answer of `dynamic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dynamic {
    /// How many dynamic assemblies there are.
    pub count: u64,
    /// How many of them can be unloaded.
    pub collectible: u64,
    /// How many assemblies the process has in all.
    pub of_assemblies: u64,
    /// Their metadata and images in bytes.
    pub bytes: u64,
    /// By maker and shape of name, the largest first.
    pub groups: Vec<GroupRow>,
    /// One by one, in the order in which they were loaded; empty, if only groups were asked for.
    pub assemblies: Vec<AssemblyRow>,
}

const fn origin_name(origin: DynamicOrigin) -> &'static str {
    match origin {
        DynamicOrigin::Emitted => "emitted",
        DynamicOrigin::LoadedFromBytes => "loaded from bytes",
    }
}

impl Dynamic {
    /// Says what `found` holds, of a process with `of_assemblies`; only groups, if `only_groups`.
    pub fn new(found: &DynamicAssemblies, of_assemblies: u64, only_groups: bool) -> Dynamic {
        let all = &found.assemblies;
        let groups: Vec<GroupRow> = found.groups.iter().map(|g| GroupRow::new(g, all)).collect();
        let listed = if only_groups { &[] } else { all.as_slice() };
        Dynamic {
            count: all.len() as u64,
            collectible: all.iter().filter(|assembly| assembly.collectible).count() as u64,
            of_assemblies,
            bytes: groups.iter().map(|group| group.bytes).fold(0, u64::saturating_add),
            groups,
            assemblies: listed.iter().map(AssemblyRow::new).collect(),
        }
    }
}

impl GroupRow {
    fn new(group: &clrscope_analyze::DynamicGroup, all: &[DynamicAssembly]) -> GroupRow {
        let members = || group.members.iter().filter_map(|&index| all.get(index));
        let name = |assembly: Option<&DynamicAssembly>| {
            assembly.map_or_else(String::new, |assembly| assembly.name.clone())
        };
        let ancestors = group
            .ancestors
            .iter()
            .map(|(name, assembly)| AncestorRow { name: name.clone(), assembly: assembly.clone() });
        GroupRow {
            emitter: group.emitter.name().to_owned(),
            pattern: group.pattern.clone(),
            count: group.members.len() as u64,
            origin: origin_name(group.origin),
            collectible: group.collectible,
            bytes: group.metadata_bytes.saturating_add(group.image_bytes),
            types: members().map(|assembly| assembly.types).fold(0, u64::saturating_add),
            ancestors: ancestors.collect(),
            samples: members().next().map_or_else(Vec::new, |first| first.sample_types.clone()),
            oldest: name(members().next()),
            newest: name(members().next_back()),
        }
    }
}

impl AssemblyRow {
    fn new(assembly: &DynamicAssembly) -> AssemblyRow {
        AssemblyRow {
            address: assembly.assembly.map(Address::from),
            name: assembly.name.clone(),
            module: assembly.module.into(),
            module_name: assembly.module_name.clone(),
            origin: origin_name(assembly.origin),
            collectible: assembly.collectible,
            types: assembly.types,
            sample_types: assembly.sample_types.clone(),
            bytes: AssemblyBytes { metadata: assembly.metadata_bytes, image: assembly.image_bytes },
        }
    }
}

impl Report for Dynamic {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(
            page,
            "{} of {} assemblies are dynamic; {} of them can be unloaded. Their metadata and images \
             take {} bytes.",
            Grouped(self.count),
            Grouped(self.of_assemblies),
            Grouped(self.collectible),
            Grouped(self.bytes)
        )?;
        for group in &self.groups {
            writeln!(page)?;
            page.heading(&Escaped(&format!("{} ({})", group.pattern, group.emitter)).to_string())?;
            let unload = if group.collectible { "can be unloaded" } else { "never unloaded" };
            writeln!(
                page,
                "    {} assemblies, {}, {unload}: {} bytes, {} types",
                Grouped(group.count),
                group.origin,
                Grouped(group.bytes),
                Grouped(group.types)
            )?;
            for ancestor in &group.ancestors {
                let of = Escaped(&ancestor.assembly);
                writeln!(
                    page,
                    "    derives from or implements {} [{of}]",
                    Escaped(&ancestor.name)
                )?;
            }
            for sample in &group.samples {
                writeln!(page, "    for example {}", Escaped(sample))?;
            }
            if group.oldest != group.newest {
                let (oldest, newest) = (Escaped(&group.oldest), Escaped(&group.newest));
                writeln!(page, "    from {oldest} to {newest}")?;
            }
        }
        if self.assemblies.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        let style = page.style();
        let mut table = Columns::new(&[
            ("Module", Align::Left),
            ("Types", Align::Right),
            ("Metadata", Align::Right),
            ("Image", Align::Right),
            ("Unload", Align::Left),
            ("Assembly", Align::Left),
        ]);
        for row in &self.assemblies {
            table.row([
                &style.address(row.module.into()) as &dyn Display,
                &Grouped(row.types),
                &Grouped(row.bytes.metadata),
                &Grouped(row.bytes.image),
                &(if row.collectible { "yes" } else { "no" }),
                &Escaped(&row.name),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if self.assemblies.is_empty() {
            rows.header(&["emitter", "pattern", "count", "collectible", "bytes", "types"])?;
            for group in &self.groups {
                rows.row(&[
                    Cell::Text(&group.emitter),
                    Cell::Text(&group.pattern),
                    Cell::Number(group.count),
                    Cell::Flag(group.collectible),
                    Cell::Number(group.bytes),
                    Cell::Number(group.types),
                ])?;
            }
            return Ok(());
        }
        rows.header(&["module", "name", "origin", "collectible", "types", "metadata", "image"])?;
        for row in &self.assemblies {
            rows.row(&[
                row.module.into(),
                Cell::Text(&row.name),
                Cell::Text(row.origin),
                Cell::Flag(row.collectible),
                Cell::Number(row.types),
                Cell::Number(row.bytes.metadata),
                Cell::Number(row.bytes.image),
            ])?;
        }
        Ok(())
    }
}
