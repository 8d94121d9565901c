//! `layout`: where the fields of the runtime's structures are, and how that is known.

use std::io;

use clrscope_clr::{FieldOffset, Global, GlobalValue, Runtime, Source};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A field of a structure of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct FieldEntry {
    /// Its name.
    pub name: String,
    /// Bytes from the start of the structure.
    pub offset: u64,
    /// `contract`, `gcdacvars`, `table`, `inferred` or `structural`.
    pub source: &'static str,
    /// Which one: the name of a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// If inferred: instances that agreed with it.
    pub votes: Option<u32>,
    /// If inferred: instances that agreed with the next best offset.
    pub runner_up: Option<u32>,
}

/// A structure of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct StructureEntry {
    /// Its name.
    pub name: String,
    /// Its size, if it is known.
    pub bytes: Option<u64>,
    /// Its fields, by offset.
    pub fields: Vec<FieldEntry>,
}

/// A global variable of the runtime.
#[derive(Debug, Clone, Serialize)]
pub struct GlobalEntry {
    /// Its name.
    pub name: String,
    /// Address of the variable, or of the virtual table of the class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The number or the text that the runtime was built with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// As for fields.
    pub source: &'static str,
    /// As for fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// The answer of `layout`.
#[derive(Debug, Clone, Serialize)]
pub struct LayoutReport {
    /// All structures, by name.
    pub structures: Vec<StructureEntry>,
    /// All globals, by name.
    pub globals: Vec<GlobalEntry>,
}

impl LayoutReport {
    /// Says what is known of the layout of `runtime`.
    pub fn new(runtime: &Runtime<'_>) -> LayoutReport {
        let mut structures: Vec<StructureEntry> = Vec::new();
        for (structure, field, place) in runtime.layout().iter() {
            if structures.last().is_none_or(|last| last.name != structure) {
                let bytes = runtime.layout().size(structure);
                let name = structure.to_owned();
                structures.push(StructureEntry { name, bytes, fields: Vec::new() });
            }
            if let Some(last) = structures.last_mut()
                && field != SIZE
            {
                last.fields.push(FieldEntry::new(field, place));
            }
        }
        for structure in &mut structures {
            structure.fields.sort_by_key(|field| field.offset);
        }
        let globals = runtime.globals().iter().map(|(name, global)| GlobalEntry::new(name, global));
        LayoutReport { structures, globals: globals.collect() }
    }
}

/// The name under which a layout keeps the size of a structure.
const SIZE: &str = "!";

impl FieldEntry {
    fn new(name: &str, place: FieldOffset) -> FieldEntry {
        let (votes, runner_up) = match place.source {
            Source::Inferred { votes, runner_up } => (Some(votes), Some(runner_up)),
            _ => (None, None),
        };
        FieldEntry {
            name: name.to_owned(),
            offset: place.offset,
            source: source_name(place.source),
            detail: source_detail(place.source),
            votes,
            runner_up,
        }
    }
}

impl GlobalEntry {
    fn new(name: &str, global: &Global) -> GlobalEntry {
        let (address, value) = match &global.value {
            GlobalValue::Variable(at) | GlobalValue::VirtualTable(at) => (Some((*at).into()), None),
            GlobalValue::Number(number) => (None, Some(number.to_string())),
            GlobalValue::Text(text) => (None, Some(text.clone())),
        };
        GlobalEntry {
            name: name.to_owned(),
            address,
            value,
            source: source_name(global.source),
            detail: source_detail(global.source),
        }
    }
}

/// The name of a source, which is also its key in the envelope's counts.
pub(crate) const fn source_name(source: Source) -> &'static str {
    match source {
        Source::GcDacVars => "gcdacvars",
        other => other.name(),
    }
}

fn source_detail(source: Source) -> Option<String> {
    match source {
        Source::Table(build) => Some(build.to_owned()),
        _ => None,
    }
}

impl Report for LayoutReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Structure", Align::Left),
            ("Field", Align::Left),
            ("Offset", Align::Right),
            ("Source", Align::Left),
        ]);
        for structure in &self.structures {
            for field in &structure.fields {
                let source = source(field.source, field.detail.as_deref());
                let votes = field.votes.zip(field.runner_up).map_or_else(String::new, |(a, b)| {
                    format!(" ({a} votes, the next best has {b})")
                });
                table.row([
                    &Escaped(&structure.name) as &dyn std::fmt::Display,
                    &Escaped(&field.name),
                    &format!("{:#x}", field.offset),
                    &format!("{source}{votes}"),
                ]);
            }
        }
        table.write(page)?;
        writeln!(page)?;
        let mut table = Columns::new(&[
            ("Global", Align::Left),
            ("Address", Align::Left),
            ("Source", Align::Left),
        ]);
        for global in &self.globals {
            let address = global.address.map(|at| page.style().address(at.into()).to_string());
            table.row([
                &Escaped(&global.name) as &dyn std::fmt::Display,
                &Escaped(address.as_deref().or(global.value.as_deref()).unwrap_or_default()),
                &source(global.source, global.detail.as_deref()),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["structure", "field", "value", "source", "detail"])?;
        for structure in &self.structures {
            for field in &structure.fields {
                rows.row(&[
                    Cell::Text(&structure.name),
                    Cell::Text(&field.name),
                    Cell::Number(field.offset),
                    Cell::Text(field.source),
                    Cell::optional(field.detail.as_deref()),
                ])?;
            }
        }
        for global in &self.globals {
            rows.row(&[
                Cell::Empty,
                Cell::Text(&global.name),
                match (global.address, &global.value) {
                    (Some(address), _) => address.into(),
                    (None, value) => Cell::optional(value.as_deref()),
                },
                Cell::Text(global.source),
                Cell::optional(global.detail.as_deref()),
            ])?;
        }
        Ok(())
    }
}

fn source(source: &str, detail: Option<&str>) -> String {
    match detail {
        Some(detail) => format!("{source} {detail}"),
        None => source.to_owned(),
    }
}
