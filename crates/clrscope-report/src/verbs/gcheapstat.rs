//! `gcheapstat`: how full each generation of each heap is.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_analyze::{GENERATIONS, HeapStat};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// One generation.
#[derive(Debug, Clone, Serialize)]
pub struct GenerationRow {
    /// `gen0`, `gen1`, `gen2`, `loh`, `poh` or `frozen`.
    pub generation: &'static str,
    /// Bytes of objects and of gaps between them.
    pub bytes: u64,
    /// Bytes of gaps.
    pub free: u64,
    /// Bytes of objects that nothing keeps alive, if that was asked for.
    pub unreachable: Option<u64>,
}

/// One heap.
#[derive(Debug, Clone, Serialize)]
pub struct HeapRow {
    /// Its number.
    pub heap: u32,
    /// Its generations.
    pub generations: Vec<GenerationRow>,
}

/// The answer of `gcheapstat`.
#[derive(Debug, Clone, Serialize)]
pub struct GcHeapStat {
    /// The heaps.
    pub heaps: Vec<HeapRow>,
    /// All heaps together.
    pub total: Vec<GenerationRow>,
}

impl GcHeapStat {
    /// Says how full the heaps are; what is unreachable only if that is `known`.
    pub fn new(heaps: &BTreeMap<u32, HeapStat>, known: bool) -> GcHeapStat {
        let rows = |stat: &HeapStat| {
            let rows = GENERATIONS.iter().zip(stat).map(|(generation, stat)| GenerationRow {
                generation: generation.name(),
                bytes: stat.total,
                free: stat.free,
                unreachable: known.then_some(stat.unreachable),
            });
            rows.collect::<Vec<_>>()
        };
        let mut total = HeapStat::default();
        for stat in heaps.values() {
            for (sum, part) in total.iter_mut().zip(stat) {
                sum.total += part.total;
                sum.free += part.free;
                sum.unreachable += part.unreachable;
            }
        }
        let heaps = heaps.iter().map(|(&heap, stat)| HeapRow { heap, generations: rows(stat) });
        GcHeapStat { heaps: heaps.collect(), total: rows(&total) }
    }

    fn table(
        &self,
        page: &mut Page<'_>,
        number: impl Fn(&GenerationRow) -> Option<u64>,
    ) -> io::Result<()> {
        let mut headings = vec![("Heap", Align::Left)];
        headings.extend(GENERATIONS.iter().map(|generation| (generation.name(), Align::Right)));
        let mut table = Columns::new(&headings);
        let mut row = |name: String, generations: &[GenerationRow]| {
            let numbers: Vec<String> = generations
                .iter()
                .map(|row| number(row).map_or_else(String::new, |n| Grouped(n).to_string()))
                .collect();
            let cells = std::iter::once(&name as &dyn Display);
            table.row(cells.chain(numbers.iter().map(|number| number as &dyn Display)));
        };
        for heap in &self.heaps {
            row(format!("Heap{}", heap.heap), &heap.generations);
        }
        row("Total".to_owned(), &self.total);
        table.write(page)
    }
}

impl Report for GcHeapStat {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.table(page, |row| Some(row.bytes))?;
        writeln!(page)?;
        page.heading("Free space:")?;
        self.table(page, |row| Some(row.free))?;
        if self.total.iter().any(|row| row.unreachable.is_some()) {
            writeln!(page)?;
            page.heading("Unrooted objects:")?;
            self.table(page, |row| row.unreachable)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["heap", "generation", "bytes", "free", "unreachable"])?;
        for heap in &self.heaps {
            for row in &heap.generations {
                rows.row(&[
                    Cell::Number(heap.heap.into()),
                    Cell::Text(row.generation),
                    Cell::Number(row.bytes),
                    Cell::Number(row.free),
                    Cell::optional_number(row.unreachable),
                ])?;
            }
        }
        Ok(())
    }
}
