//! `gchandles`: the handles of the garbage collector.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_analyze::HandleEntry;
use serde::Serialize;

use super::dumpheap::Statistics;
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::object_entry::Namer;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A handle.
#[derive(Debug, Clone, Serialize)]
pub struct HandleRow {
    /// Where it is.
    pub address: Address,
    /// What it does to its object: `Strong`, `Pinned`, `WeakShort`, `Dependent`...
    pub kind: &'static str,
    /// Its object.
    pub object: Address,
    /// The name of the object's type; `None`, if no object is there.
    pub name: Option<String>,
    /// Bytes of the object.
    pub bytes: Option<u64>,
    /// The second object of a dependent handle.
    pub dependent: Option<Address>,
    /// The name of that object's type.
    pub dependent_name: Option<String>,
    /// References that COM holds; `None`, if that is not known.
    pub refcount: Option<u64>,
}

/// How many handles are of a kind.
#[derive(Debug, Clone, Serialize)]
pub struct KindCount {
    /// The kind.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
}

/// The answer of `gchandles`.
#[derive(Debug, Clone, Serialize)]
pub struct GcHandles {
    /// How many handles there are of each kind, by name.
    pub kinds: Vec<KindCount>,
    /// Their objects by type. An object with two handles counts twice.
    pub statistics: Statistics,
    /// The handles by address; empty, if only counts were asked for.
    pub handles: Vec<HandleRow>,
    #[serde(skip)]
    only_counts: bool,
}

impl GcHandles {
    /// Says what handles there are; only how many, if `only_counts`.
    pub fn new(
        handles: &[HandleEntry],
        statistics: Statistics,
        namer: Namer<'_>,
        only_counts: bool,
    ) -> GcHandles {
        let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
        for entry in handles {
            *kinds.entry(entry.handle.kind.name()).or_default() += 1;
        }
        let rows = if only_counts { &[] } else { handles };
        GcHandles {
            kinds: kinds.into_iter().map(|(kind, count)| KindCount { kind, count }).collect(),
            statistics,
            handles: rows.iter().map(|entry| HandleRow::new(entry, namer)).collect(),
            only_counts,
        }
    }
}

impl HandleRow {
    fn new(entry: &HandleEntry, namer: Namer<'_>) -> HandleRow {
        let name = |object: &Option<_>| {
            object.as_ref().map(|object| namer.entry(object)).map(|entry| entry.name)
        };
        HandleRow {
            address: entry.handle.address.into(),
            kind: entry.handle.kind.name(),
            object: entry.handle.object.into(),
            name: name(&entry.object),
            bytes: entry.object.map(|object| object.size),
            dependent: entry.handle.dependent.map(Address::from),
            dependent_name: name(&entry.dependent),
            refcount: None,
        }
    }
}

impl Report for GcHandles {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        if !self.only_counts {
            let mut table = Columns::new(&[
                ("Handle", Align::Left),
                ("Type", Align::Left),
                ("Object", Align::Left),
                ("Size", Align::Right),
                ("RefCount", Align::Right),
                ("Type", Align::Left),
            ]);
            for row in &self.handles {
                let optional = |number: Option<u64>| {
                    number.map_or_else(String::new, |number| Grouped(number).to_string())
                };
                let mut name = Escaped(row.name.as_deref().unwrap_or("<no object>")).to_string();
                if let Some(dependent) = row.dependent {
                    let target = style.address(dependent.into());
                    let of = row.dependent_name.as_deref().unwrap_or("<no object>");
                    name.push_str(&format!(" -> {target} {}", Escaped(of)));
                }
                table.row([
                    &style.address(row.address.into()) as &dyn Display,
                    &row.kind,
                    &style.address(row.object.into()),
                    &optional(row.bytes),
                    &optional(row.refcount),
                    &name,
                ]);
            }
            table.write(page)?;
            writeln!(page)?;
        }
        self.statistics.text(page)?;
        writeln!(page)?;
        page.heading("Handles:")?;
        for kind in &self.kinds {
            let name = format!("{} handles:", kind.kind);
            writeln!(page, "    {name:<28}{:>10}", Grouped(kind.count))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if self.only_counts {
            rows.header(&["kind", "count"])?;
            for kind in &self.kinds {
                rows.row(&[Cell::Text(kind.kind), Cell::Number(kind.count)])?;
            }
            return Ok(());
        }
        rows.header(&["address", "kind", "object", "bytes", "dependent", "name"])?;
        for row in &self.handles {
            rows.row(&[
                row.address.into(),
                Cell::Text(row.kind),
                row.object.into(),
                Cell::optional_number(row.bytes),
                row.dependent.map_or(Cell::Empty, Cell::from),
                Cell::optional(row.name.as_deref()),
            ])?;
        }
        Ok(())
    }
}
