//! `flamegraph` and `treemap`: who alone keeps what alive, as a picture.

use std::io;

use clrscope_analyze::RetainedPlace;
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::svg::{flame_graph, tree_map};

/// What people are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// SVG: bars that hang from each other.
    FlameGraph,
    /// SVG: rectangles within each other.
    TreeMap,
    /// No picture: a line for each place with all above it, for programs that draw flame graphs.
    Folded,
}

/// The answer of `flamegraph` and `treemap`.
#[derive(Debug, Clone, Serialize)]
pub struct RetainedTree {
    /// Bytes of all objects that are alive.
    pub alive: u64,
    /// Each place before those below it.
    pub tree: Vec<PlaceEntry>,
    #[serde(skip)]
    places: Vec<RetainedPlace>,
    #[serde(skip)]
    picture: Picture,
    #[serde(skip)]
    title: String,
}

/// A place in the tree.
#[derive(Debug, Clone, Serialize)]
pub struct PlaceEntry {
    /// How far below the top.
    pub depth: u64,
    /// The static field, the sort of root, or the type.
    pub name: String,
    /// How many objects are at the place itself.
    pub objects: u64,
    /// Their bytes.
    pub own: u64,
    /// Bytes of these and of all below.
    pub retained: u64,
}

impl RetainedTree {
    /// The answer for a tree whose places come each before those below it.
    pub fn new(places: Vec<RetainedPlace>, picture: Picture, dump: &str) -> RetainedTree {
        let entry = |place: &RetainedPlace| PlaceEntry {
            depth: place.depth as u64,
            name: place.name.clone(),
            objects: place.objects,
            own: place.own,
            retained: place.retained,
        };
        RetainedTree {
            alive: places.first().map_or(0, |top| top.retained),
            tree: places.iter().map(entry).collect(),
            places,
            picture,
            title: format!("Retained bytes of {dump}"),
        }
    }

    /// A line for each place: all names from the top to it, separated by `;`, and what is at it and at no
    /// place below that is shown.
    fn folded(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut names: Vec<String> = Vec::new();
        for (index, place) in self.places.iter().enumerate() {
            names.truncate(place.depth);
            names.push(Escaped(&place.name).to_string().replace(';', ":"));
            let below = self.places.iter().skip(index + 1);
            let below = below.take_while(|next| next.depth > place.depth);
            let below = below.filter(|next| next.depth == place.depth + 1);
            let below: u64 = below.map(|next| next.retained).sum();
            let bytes = place.retained.saturating_sub(below);
            if bytes > 0 {
                writeln!(page, "{} {bytes}", names.join(";"))?;
            }
        }
        Ok(())
    }
}

impl Report for RetainedTree {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let svg = match self.picture {
            Picture::FlameGraph => flame_graph(&self.places, &self.title),
            Picture::TreeMap => tree_map(&self.places, &self.title),
            Picture::Folded => return self.folded(page),
        };
        page.write_all(svg.map_err(io::Error::other)?.as_bytes())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["depth", "name", "objects", "own", "retained"])?;
        for place in &self.tree {
            rows.row(&[
                Cell::Number(place.depth),
                Cell::Text(&place.name),
                Cell::Number(place.objects),
                Cell::Number(place.own),
                Cell::Number(place.retained),
            ])?;
        }
        Ok(())
    }

    fn is_bare(&self) -> bool {
        true
    }
}
