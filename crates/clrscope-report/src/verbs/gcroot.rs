//! `gcroot`: why an object is alive.

use std::io;

use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::object_entry::ObjectEntry;
use crate::page::Page;
use crate::path_entry::{RootEntry, StepEntry, write_chain};
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A path from a root to the object.
#[derive(Debug, Clone, Serialize)]
pub struct PathEntry {
    /// The root.
    pub root: RootEntry,
    /// The objects, from the root's to the one that was asked for.
    pub chain: Vec<StepEntry>,
}

/// Why one object is alive.
#[derive(Debug, Clone, Serialize)]
pub struct RootedObject {
    /// The object.
    pub object: ObjectEntry,
    /// Whether a root keeps it alive; null, if that is not known.
    pub reachable: Option<bool>,
    /// The paths: those from roots that say who holds what, shortest first; then those from leftovers on
    /// stacks.
    pub paths: Vec<PathEntry>,
    /// Whether there may be more paths.
    pub more: bool,
}

/// A step of merged paths.
#[derive(Debug, Clone, Serialize)]
pub struct MergedStep {
    /// The root, of a step at the top.
    pub root: Option<RootEntry>,
    /// The type of the objects, of the other steps.
    pub name: Option<String>,
    /// One of the objects.
    pub example: Option<Address>,
    /// How many objects were merged.
    pub objects: u64,
    /// How many of the objects that were asked for are at it or below.
    pub targets: u64,
    /// The steps below, those with most targets first.
    pub below: Vec<MergedStep>,
    /// How many more are not shown.
    pub hidden: u64,
}

/// The answer of `gcroot -type`: the shortest paths to all objects of some types, merged.
#[derive(Debug, Clone, Serialize)]
pub struct MergedRoots {
    /// How many objects were asked for.
    pub targets: u64,
    /// How many of them no root keeps alive; null, if that is not known.
    pub unreachable: Option<u64>,
    /// The roots.
    pub roots: Vec<MergedStep>,
    /// How many more roots are not shown.
    pub hidden: u64,
}

/// The answer of `gcroot` for some objects. For one, its JSON is that of the object.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum GcRoot {
    /// One object.
    One(RootedObject),
    /// Several.
    Many {
        /// The objects, in the order in which they were asked for.
        objects: Vec<RootedObject>,
    },
}

impl GcRoot {
    fn objects(&self) -> &[RootedObject] {
        match self {
            GcRoot::One(object) => std::slice::from_ref(object),
            GcRoot::Many { objects } => objects,
        }
    }
}

impl RootedObject {
    fn write(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let address = style.address(self.object.address.into());
        let mut heading = String::new();
        for path in &self.paths {
            let of_root = path.root.heading();
            if of_root != heading {
                page.heading(&of_root)?;
                heading = of_root;
            }
            let at = style.address(path.root.address.into());
            writeln!(page, "    {at} {}", path.root.line())?;
            write_chain(&path.chain, page)?;
            writeln!(page)?;
        }
        let count = Grouped(self.paths.len() as u64);
        match (self.reachable, self.more) {
            (Some(true), false) => writeln!(page, "Found {count} unique roots."),
            (Some(true), true) => {
                writeln!(page, "Found {count} unique roots; there are more (-limit, -all).")
            }
            (Some(false), _) => writeln!(page, "{address} is unrooted: found 0 unique roots."),
            (None, _) => writeln!(
                page,
                "No root of {address} was found, and not all roots and references are known: it may \
                 be alive."
            ),
        }
    }
}

impl Report for GcRoot {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let objects = self.objects();
        for (index, object) in objects.iter().enumerate() {
            if objects.len() > 1 {
                let blank = if index > 0 { "\n" } else { "" };
                let address = page.style().address(object.object.address.into());
                writeln!(page, "{blank}Roots of {address} {}", Escaped(&object.object.name))?;
            }
            object.write(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["object", "path", "step", "kind", "address", "name", "via"])?;
        for object in self.objects() {
            let of = Cell::from(object.object.address);
            for (path, entry) in object.paths.iter().enumerate() {
                let path = Cell::Number(path as u64);
                rows.row(&[
                    of,
                    path,
                    Cell::Number(0),
                    Cell::Text(entry.root.kind),
                    entry.root.address.into(),
                    Cell::Text(&entry.root.detail),
                    Cell::Empty,
                ])?;
                for (step, entry) in (1..).zip(&entry.chain) {
                    rows.row(&[
                        of,
                        path,
                        Cell::Number(step),
                        Cell::Text("object"),
                        entry.object.address.into(),
                        Cell::Text(&entry.object.name),
                        Cell::optional(entry.via.as_deref()),
                    ])?;
                }
            }
        }
        Ok(())
    }
}

impl MergedStep {
    fn what(&self) -> String {
        match (&self.root, &self.name) {
            (Some(root), _) => root.line(),
            (None, Some(name)) => {
                let name = Escaped(name);
                match self.objects {
                    1 => name.to_string(),
                    objects => format!("{} x {name}", Grouped(objects)),
                }
            }
            _ => String::new(),
        }
    }
}

/// Calls `visit` with each step and its depth, those above before those below.
fn each_step<'a>(
    roots: &'a [MergedStep],
    mut visit: impl FnMut(&'a MergedStep, usize) -> io::Result<()>,
) -> io::Result<()> {
    let mut open: Vec<_> = roots.iter().rev().map(|step| (step, 0)).collect();
    while let Some((step, depth)) = open.pop() {
        visit(step, depth)?;
        open.extend(step.below.iter().rev().map(|below| (below, depth + 1)));
    }
    Ok(())
}

impl Report for MergedRoots {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(page, "{:>12} Path", "Objects")?;
        each_step(&self.roots, |step, depth| {
            let indent = depth.min(40) * 2;
            let hidden = match step.hidden {
                0 => String::new(),
                hidden => format!(" (and {} more below)", Grouped(hidden)),
            };
            let what = step.what();
            writeln!(page, "{:>12} {:indent$}{what}{hidden}", Grouped(step.targets), "")
        })?;
        if self.hidden > 0 {
            writeln!(page, "{:>12} {} more roots are not shown.", "", Grouped(self.hidden))?;
        }
        writeln!(page)?;
        match self.unreachable {
            Some(unreachable) => writeln!(
                page,
                "{} objects, {} of them unrooted.",
                Grouped(self.targets),
                Grouped(unreachable)
            ),
            None => writeln!(
                page,
                "{} objects; not all roots and references are known: those without a path may be \
                 alive.",
                Grouped(self.targets)
            ),
        }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["depth", "targets", "objects", "what"])?;
        each_step(&self.roots, |step, depth| {
            rows.row(&[
                Cell::Number(depth as u64),
                Cell::Number(step.targets),
                Cell::Number(step.objects),
                Cell::Text(&step.what()),
            ])
        })
    }
}
