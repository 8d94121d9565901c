//! `dominators`: the tree of who alone keeps whom alive.

use std::io;

use serde::Serialize;

use crate::escape::Escaped;
use crate::object_entry::ObjectEntry;
use crate::page::Page;
use crate::path_entry::RootEntry;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// An object in the tree.
#[derive(Debug, Clone, Serialize)]
pub struct DominatorEntry {
    /// How far below the top.
    pub depth: u64,
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// A root that refers to it, if one does.
    pub root: Option<RootEntry>,
    /// Bytes that would be freed without it.
    pub retained: u64,
    /// How many objects it immediately dominates.
    pub children: u64,
}

/// The answer of `dominators`.
#[derive(Debug, Clone, Serialize)]
pub struct DominatorTree {
    /// Bytes of all objects that are alive.
    pub alive: u64,
    /// The objects: each before those that it dominates, those that retain most first.
    pub tree: Vec<DominatorEntry>,
}

impl Report for DominatorTree {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        writeln!(page, "{:>14} {:>5} Object", "Retained", "%")?;
        for entry in &self.tree {
            let part = entry.retained as f64 * 100.0 / self.alive.max(1) as f64;
            let indent = entry.depth.min(40) as usize * 2;
            let address = style.address(entry.object.address.into());
            let root = entry.root.as_ref().map(|root| format!(" <- {}", root.line()));
            writeln!(
                page,
                "{:>14} {part:>5.1} {:indent$}{address} {}{}",
                Grouped(entry.retained),
                "",
                Escaped(&entry.object.name),
                root.unwrap_or_default()
            )?;
        }
        writeln!(page)?;
        writeln!(page, "Alive: {} bytes", Grouped(self.alive))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["depth", "address", "bytes", "retained", "children", "name"])?;
        for entry in &self.tree {
            rows.row(&[
                Cell::Number(entry.depth),
                entry.object.address.into(),
                Cell::Number(entry.object.bytes),
                Cell::Number(entry.retained),
                Cell::Number(entry.children),
                Cell::Text(&entry.object.name),
            ])?;
        }
        Ok(())
    }
}
