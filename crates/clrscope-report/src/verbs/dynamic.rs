//! `dynamic`: the assemblies that the process made while it ran.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_analyze::{
    DynamicAssemblies, DynamicAssembly, DynamicOrigin, GeneratedGroup, Unloading,
};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// Bytes of a dynamic assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AssemblyBytes {
    /// Of its metadata.
    pub metadata: u64,
    /// Of its image, if it was loaded from bytes.
    pub image: u64,
    /// In the heaps of the loader. Those of an assembly that can be unloaded are its own; others share
    /// theirs, and what of them belongs to whom is told by what lies before it.
    pub loader: u64,
    /// Of the code that the JIT made of its methods.
    pub code: u64,
}

impl AssemblyBytes {
    fn sum(&self) -> u64 {
        [self.metadata, self.image, self.loader, self.code].into_iter().fold(0, u64::saturating_add)
    }
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
    /// Its bytes.
    pub bytes: AssemblyBytes,
    /// `never`, `held`, `unreachable`, `unloading` or `unknown`: whether it goes away.
    pub unloads: &'static str,
    /// What keeps one that could be unloaded: the root, and the type of the object that leads to it.
    pub held_by: Option<String>,
    /// The managed object of the loader allocator that one hangs on which is held.
    pub loader_allocator: Option<Address>,
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

/// Methods that were generated one by one, without an assembly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MethodsRow {
    /// `DynamicMethod` objects on the heap.
    pub objects: u64,
    /// `DynamicResolver` objects: one for each that was compiled.
    pub resolvers: u64,
    /// Generated methods with code, the runtime's own stubs in IL among them.
    pub compiled: u64,
    /// Bytes of that code.
    pub code_bytes: u64,
    /// Bytes of the code heaps that only such methods are in.
    pub heap_bytes: u64,
}

/// Generated methods of one maker and one shape of name that were compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GeneratedRow {
    /// Who made them: `expression trees`, `the runtime`...
    pub maker: &'static str,
    /// The shape of their names.
    pub pattern: String,
    /// The first of them.
    pub example: String,
    /// How many.
    pub methods: u64,
    /// Bytes of their code.
    pub code_bytes: u64,
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
            other_loader_bytes: found.shared.other_assemblies.saturating_add(found.shared.loader),
            other_code_bytes: found.shared.code,
            methods: MethodsRow {
                objects: found.methods.objects,
                resolvers: found.methods.resolvers,
                compiled: found.methods.compiled,
                code_bytes: found.methods.code_bytes,
                heap_bytes: found.methods.heap_bytes,
            },
            generated: found.generated.iter().map(GeneratedRow::new).collect(),
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
}

impl GeneratedRow {
    fn new(group: &GeneratedGroup) -> GeneratedRow {
        GeneratedRow {
            maker: group.maker.name(),
            pattern: group.pattern.clone(),
            example: group.example.clone(),
            methods: group.methods,
            code_bytes: group.code_bytes,
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
            bytes: AssemblyBytes {
                metadata: assembly.metadata_bytes,
                image: assembly.image_bytes,
                loader: assembly.loader_bytes,
                code: assembly.code_bytes,
            },
            unloads: unloading_name(&assembly.unloading),
            held_by: held_by(&assembly.unloading),
            loader_allocator: match assembly.unloading {
                Unloading::Held { object, .. } => Some(object.into()),
                _ => None,
            },
        }
    }
}

/// Whether an assembly goes away.
pub(crate) const fn unloading_name(unloading: &Unloading) -> &'static str {
    match unloading {
        Unloading::Never => "never",
        Unloading::Held { .. } => "held",
        Unloading::Unreachable => "unreachable",
        Unloading::Unloaded => "unloading",
        Unloading::Unknown => "unknown",
    }
}

/// What holds an assembly, in words.
pub(crate) fn held_by(unloading: &Unloading) -> Option<String> {
    let Unloading::Held { root, through, .. } = unloading else { return None };
    Some(match through {
        Some(through) => format!("{root} -> {through}"),
        None => root.clone(),
    })
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
            let bytes = &group.bytes_of;
            writeln!(
                page,
                "    loader heaps {}, metadata {}, images {}, jitted code {}",
                Grouped(bytes.loader),
                Grouped(bytes.metadata),
                Grouped(bytes.image),
                Grouped(bytes.code)
            )?;
            if let Some(holder) = &group.held_by {
                writeln!(
                    page,
                    "    {} are held, most by {}",
                    Grouped(group.held),
                    Escaped(holder)
                )?;
            }
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
        writeln!(page)?;
        writeln!(
            page,
            "Other assemblies have, and all share, {} bytes of loader heaps and {} of code.",
            Grouped(self.other_loader_bytes),
            Grouped(self.other_code_bytes)
        )?;
        let methods = &self.methods;
        writeln!(
            page,
            "Dynamic methods: {} objects, {} compiled; with the runtime's own stubs {} methods of {} bytes.",
            Grouped(methods.objects),
            Grouped(methods.resolvers),
            Grouped(methods.compiled),
            Grouped(methods.code_bytes)
        )?;
        for group in &self.generated {
            writeln!(
                page,
                "    {} {} ({}): {} bytes, for example {}",
                Grouped(group.methods),
                Escaped(&group.pattern),
                group.maker,
                Grouped(group.code_bytes),
                Escaped(&group.example)
            )?;
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
            ("Loader", Align::Right),
            ("Code", Align::Right),
            ("Unloads", Align::Left),
            ("Assembly", Align::Left),
        ]);
        for row in &self.assemblies {
            table.row([
                &style.address(row.module.into()) as &dyn Display,
                &Grouped(row.types),
                &Grouped(row.bytes.metadata),
                &Grouped(row.bytes.image),
                &Grouped(row.bytes.loader),
                &Grouped(row.bytes.code),
                &row.unloads,
                &Escaped(&row.name),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if self.assemblies.is_empty() {
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
            for group in &self.groups {
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
            return Ok(());
        }
        rows.header(&[
            "module",
            "name",
            "origin",
            "collectible",
            "types",
            "metadata",
            "image",
            "loader",
            "code",
            "unloads",
            "held_by",
        ])?;
        for row in &self.assemblies {
            rows.row(&[
                row.module.into(),
                Cell::Text(&row.name),
                Cell::Text(row.origin),
                Cell::Flag(row.collectible),
                Cell::Number(row.types),
                Cell::Number(row.bytes.metadata),
                Cell::Number(row.bytes.image),
                Cell::Number(row.bytes.loader),
                Cell::Number(row.bytes.code),
                Cell::Text(row.unloads),
                Cell::optional(row.held_by.as_deref()),
            ])?;
        }
        Ok(())
    }
}
