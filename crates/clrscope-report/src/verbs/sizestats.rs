//! `sizestats`: how many objects there are of each size.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{Grouped, SizeClass};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Objects, or gaps, of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SizeRow {
    /// Their generation: `gen0`, `gen1`, `gen2`, `loh`, `poh` or `frozen`.
    pub generation: &'static str,
    /// Whether they are gaps.
    pub free: bool,
    /// Bytes of each.
    pub size: u64,
    /// How many there are.
    pub count: u64,
    /// Bytes of these and of all smaller ones of the generation.
    pub cumulative_bytes: u64,
    /// How many these and all smaller ones of the generation are.
    pub cumulative_count: u64,
}

/// The answer of `sizestats`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SizeStats {
    /// Objects before gaps, generation by generation, small ones first.
    pub sizes: Vec<SizeRow>,
}

impl SizeStats {
    /// Adds up `classes`, which come in order.
    pub fn new(classes: &[SizeClass]) -> SizeStats {
        let mut sizes: Vec<SizeRow> = Vec::with_capacity(classes.len());
        for class in classes {
            let generation = class.generation.name();
            let before = sizes
                .last()
                .filter(|last| last.generation == generation && last.free == class.is_free)
                .map_or((0, 0), |last| (last.cumulative_bytes, last.cumulative_count));
            sizes.push(SizeRow {
                generation,
                free: class.is_free,
                size: class.size,
                count: class.count,
                cumulative_bytes: before.0 + class.size * class.count,
                cumulative_count: before.1 + class.count,
            });
        }
        SizeStats { sizes }
    }
}

impl Report for SizeStats {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let parts = self.sizes.chunk_by(|a, b| (a.generation, a.free) == (b.generation, b.free));
        for (index, part) in parts.enumerate() {
            let Some(first) = part.first() else { continue };
            if index > 0 {
                writeln!(page)?;
            }
            let what = if first.free { "gaps between objects" } else { "objects" };
            page.heading(&format!("{}, {what}:", first.generation))?;
            let mut table = Columns::new(&[
                ("Size", Align::Right),
                ("Count", Align::Right),
                ("Cumulative Size", Align::Right),
                ("Cumulative Count", Align::Right),
            ]);
            for row in part {
                table.row([
                    &Grouped(row.size) as &dyn Display,
                    &Grouped(row.count),
                    &Grouped(row.cumulative_bytes),
                    &Grouped(row.cumulative_count),
                ]);
            }
            table.write(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "generation",
            "free",
            "size",
            "count",
            "cumulative_bytes",
            "cumulative_count",
        ])?;
        self.sizes.iter().try_for_each(|row| {
            rows.row(&[
                Cell::Text(row.generation),
                Cell::Flag(row.free),
                Cell::Number(row.size),
                Cell::Number(row.count),
                Cell::Number(row.cumulative_bytes),
                Cell::Number(row.cumulative_count),
            ])
        })
    }
}
