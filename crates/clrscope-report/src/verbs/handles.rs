//! `handles`: the operating system's handles, and the managed objects that own them.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{HandleGroup, OsHandleDetail, OsHandles, TypeLabels, UNKNOWN_HANDLE_TYPE};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// How many handles are of a type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TypeCount {
    /// `Event`, `File`, `Thread`...
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Handles of one type with owners of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JoinedRow {
    /// The type of the handles.
    #[serde(rename = "type")]
    pub ty: String,
    /// The type of the objects that own them; `None` for those in no managed object.
    pub owner: Option<String>,
    /// The types between the owner and the handle, outermost first.
    pub via: Vec<String>,
    /// How many.
    pub count: u64,
    /// Of those, how many are kept by something other than the finalizer queue.
    pub reachable: u64,
    /// How many wait for finalization, or belong to something that does.
    pub ready: u64,
    /// How many belong to garbage that has not been collected.
    pub dead: u64,
    /// How many belong to what was not found alive, where not everything is known that keeps objects.
    pub unknown: u64,
    /// How many are in no managed object.
    pub unfound: u64,
    /// An owner.
    pub sample: Option<Address>,
}

/// A handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandleEntry {
    /// Its number.
    pub handle: Address,
    /// `Event`, `File`, `Thread`...
    #[serde(rename = "type")]
    pub ty: Option<String>,
    /// The name of what it refers to, if that has one.
    pub name: Option<String>,
    /// How many handles refer to the same, in all processes.
    pub handle_count: u32,
    /// How many references there are to the same.
    pub pointer_count: u32,
    /// What it may be used for.
    pub granted_access: Address,
}

/// The answer of `handles -list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandleList {
    /// The handles, in the dump's order.
    pub handles: Vec<HandleEntry>,
}

impl HandleList {
    /// Lists handles.
    pub fn new(handles: &[OsHandleDetail]) -> HandleList {
        let entry = |handle: &OsHandleDetail| HandleEntry {
            handle: Address(handle.value),
            ty: handle.type_name.clone(),
            name: handle.object_name.clone(),
            handle_count: handle.handle_count,
            pointer_count: handle.pointer_count,
            granted_access: Address(handle.granted_access.into()),
        };
        HandleList { handles: handles.iter().map(entry).collect() }
    }
}

impl Report for HandleList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("Handle", Align::Right),
            ("Type", Align::Left),
            ("Handles", Align::Right),
            ("References", Align::Right),
            ("Access", Align::Right),
            ("Name", Align::Left),
        ]);
        for row in &self.handles {
            table.row([
                &format!("{:x}", row.handle.0) as &dyn Display,
                &Escaped(row.ty.as_deref().unwrap_or(UNKNOWN_HANDLE_TYPE)),
                &row.handle_count,
                &row.pointer_count,
                &format!("{:08x}", row.granted_access.0),
                &Escaped(row.name.as_deref().unwrap_or_default()),
            ]);
        }
        table.write(page)?;
        writeln!(page, "Total handles: {}", self.handles.len())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["handle", "type", "handle_count", "pointer_count", "access", "name"])?;
        self.handles.iter().try_for_each(|row| {
            rows.row(&[
                row.handle.into(),
                Cell::optional(row.ty.as_deref()),
                Cell::Number(row.handle_count.into()),
                Cell::Number(row.pointer_count.into()),
                row.granted_access.into(),
                Cell::optional(row.name.as_deref()),
            ])
        })
    }
}

/// The answer of `handles`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handles {
    /// How many handles the process has.
    pub total: u64,
    /// By type, in order of name.
    pub types: Vec<TypeCount>,
    /// By type and owner; empty, if they could not be joined to objects.
    pub joined: Vec<JoinedRow>,
}

impl Handles {
    /// Says what handles there are, and whose; `labels` names the types of `groups`.
    pub fn new(handles: &OsHandles, groups: &[HandleGroup], labels: &TypeLabels) -> Handles {
        let type_count = |ty: &clrscope_analyze::OsHandleType| TypeCount {
            name: ty.name.clone(),
            count: ty.count,
        };
        let joined = groups.iter().map(|group| {
            let ty = handles.types.get(group.handle_type);
            let owner = group.owner.as_ref();
            let name = |&ty| labels.name(ty).to_owned();
            JoinedRow {
                ty: ty.map_or_else(String::new, |ty| ty.name.clone()),
                owner: owner.map(|owner| name(&owner.ty)),
                via: owner.map_or_else(Vec::new, |owner| owner.via.iter().map(name).collect()),
                count: group.counts.total(),
                reachable: group.counts.reachable,
                ready: group.counts.ready,
                dead: group.counts.dead,
                unknown: group.counts.unknown,
                unfound: group.counts.unfound,
                sample: owner.map(|owner| owner.sample.into()),
            }
        });
        Handles {
            total: handles.types.iter().map(|ty| ty.count).sum(),
            types: handles.types.iter().map(type_count).collect(),
            joined: joined.collect(),
        }
    }
}

impl Report for Handles {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        // As handle.exe -s prints it.
        page.heading("Handle type summary:")?;
        for ty in &self.types {
            writeln!(page, "  {:<16}: {}", Escaped(&ty.name).to_string(), ty.count)?;
        }
        writeln!(page, "Total handles: {}", self.total)?;
        if self.joined.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        page.heading("By owner:")?;
        // Either of nothing it is unknown, or nothing is known to be dead.
        let is_known = self.joined.iter().all(|row| row.unknown == 0);
        let mut table = Columns::new(&[
            ("Type", Align::Left),
            ("Count", Align::Right),
            ("Reachable", Align::Right),
            ("Ready", Align::Right),
            (if is_known { "Dead" } else { "Unknown" }, Align::Right),
            ("Unfound", Align::Right),
            ("Owner", Align::Left),
        ]);
        for row in &self.joined {
            let mut owner = Escaped(row.owner.as_deref().unwrap_or("<no object>")).to_string();
            for via in &row.via {
                owner.push_str(&format!(" -> {}", Escaped(via)));
            }
            table.row([
                &Escaped(&row.ty) as &dyn Display,
                &Grouped(row.count),
                &Grouped(row.reachable),
                &Grouped(row.ready),
                &Grouped(if is_known { row.dead } else { row.unknown }),
                &Grouped(row.unfound),
                &owner,
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if self.joined.is_empty() {
            rows.header(&["type", "count"])?;
            for ty in &self.types {
                rows.row(&[Cell::Text(&ty.name), Cell::Number(ty.count)])?;
            }
            return Ok(());
        }
        rows.header(&[
            "type",
            "owner",
            "count",
            "reachable",
            "ready",
            "dead",
            "unknown",
            "unfound",
            "via",
        ])?;
        for row in &self.joined {
            rows.row(&[
                Cell::Text(&row.ty),
                Cell::optional(row.owner.as_deref()),
                Cell::Number(row.count),
                Cell::Number(row.reachable),
                Cell::Number(row.ready),
                Cell::Number(row.dead),
                Cell::Number(row.unknown),
                Cell::Number(row.unfound),
                Cell::Text(&row.via.join(" -> ")),
            ])?;
        }
        Ok(())
    }
}
