//! Dynamic assemblies of one maker and one shape of name.

use std::collections::BTreeMap;
use std::io;

use clrscope_analyze::{DynamicAssembly, DynamicGroup, Grouped};
use serde::Serialize;

use super::assembly::origin_name;
use crate::assembly_entry::{AssemblyBytes, held_by};
use crate::escape::Escaped;
use crate::page::Page;
use crate::rows::{Cell, Rows};

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
    /// Their bytes: metadata, images, loader heaps and code.
    pub bytes: u64,
    /// The same one by one.
    pub bytes_of: AssemblyBytes,
    /// How many of them something alive holds, and what holds most of them.
    pub held: u64,
    /// See [`GroupRow::held`].
    pub held_by: Option<String>,
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

impl GroupRow {
    pub(super) fn new(group: &DynamicGroup, all: &[DynamicAssembly]) -> GroupRow {
        let members = || group.members.iter().filter_map(|&index| all.get(index));
        let name = |assembly: Option<&DynamicAssembly>| {
            assembly.map_or_else(String::new, |assembly| assembly.name.clone())
        };
        let ancestors = group
            .ancestors
            .iter()
            .map(|(name, assembly)| AncestorRow { name: name.clone(), assembly: assembly.clone() });
        let bytes_of = AssemblyBytes {
            metadata: group.metadata_bytes,
            image: group.image_bytes,
            loader: group.loader_bytes,
            code: group.code_bytes,
        };
        let mut holders: BTreeMap<String, u64> = BTreeMap::new();
        for holder in members().filter_map(|assembly| held_by(&assembly.unloading)) {
            *holders.entry(holder).or_default() += 1;
        }
        GroupRow {
            emitter: group.emitter.name().to_owned(),
            pattern: group.pattern.clone(),
            count: group.members.len() as u64,
            origin: origin_name(group.origin),
            collectible: group.collectible,
            bytes: bytes_of.sum(),
            bytes_of,
            held: holders.values().sum(),
            held_by: holders.into_iter().max_by_key(|&(_, count)| count).map(|(holder, _)| holder),
            types: members().map(|assembly| assembly.types).fold(0, u64::saturating_add),
            ancestors: ancestors.collect(),
            samples: members().next().map_or_else(Vec::new, |first| first.sample_types.clone()),
            oldest: name(members().next()),
            newest: name(members().next_back()),
        }
    }

    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.heading(&Escaped(&format!("{} ({})", self.pattern, self.emitter)).to_string())?;
        let unload = if self.collectible { "can be unloaded" } else { "never unloaded" };
        writeln!(
            page,
            "    {} assemblies, {}, {unload}: {} bytes, {} types",
            Grouped(self.count),
            self.origin,
            Grouped(self.bytes),
            Grouped(self.types)
        )?;
        let bytes = &self.bytes_of;
        writeln!(
            page,
            "    loader heaps {}, metadata {}, images {}, jitted code {}",
            Grouped(bytes.loader),
            Grouped(bytes.metadata),
            Grouped(bytes.image),
            Grouped(bytes.code)
        )?;
        if let Some(holder) = &self.held_by {
            let held = Grouped(self.held);
            writeln!(page, "    {held} are held, most by {}", Escaped(holder))?;
        }
        for ancestor in &self.ancestors {
            let of = Escaped(&ancestor.assembly);
            let name = Escaped(&ancestor.name);
            writeln!(page, "    derives from or implements {name} [{of}]")?;
        }
        for sample in &self.samples {
            writeln!(page, "    for example {}", Escaped(sample))?;
        }
        if self.oldest != self.newest {
            let (oldest, newest) = (Escaped(&self.oldest), Escaped(&self.newest));
            writeln!(page, "    from {oldest} to {newest}")?;
        }
        Ok(())
    }
}

/// The groups as rows.
pub(super) fn rows(groups: &[GroupRow], rows: &mut Rows<'_>) -> io::Result<()> {
    rows.header(&[
        "emitter",
        "pattern",
        "count",
        "collectible",
        "bytes",
        "types",
        "loader",
        "code",
        "held",
        "held_by",
    ])?;
    for group in groups {
        rows.row(&[
            Cell::Text(&group.emitter),
            Cell::Text(&group.pattern),
            Cell::Number(group.count),
            Cell::Flag(group.collectible),
            Cell::Number(group.bytes),
            Cell::Number(group.types),
            Cell::Number(group.bytes_of.loader),
            Cell::Number(group.bytes_of.code),
            Cell::Number(group.held),
            Cell::optional(group.held_by.as_deref()),
        ])?;
    }
    Ok(())
}
