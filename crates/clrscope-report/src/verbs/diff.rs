//! `diff`: what changed between dumps, and what grows each time.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_analyze::{ChangeRow, Comparison, Part};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// What rows are sorted by, and which are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// What rows are sorted by.
    pub sort: DiffSort,
    /// Rows whose bytes changed by less are left out; those of things without bytes stay.
    pub min_bytes: u64,
    /// Rows of each part; `None` for all.
    pub top: Option<usize>,
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiffSort {
    /// Change of bytes, the largest first.
    Bytes,
    /// Change of counts, the largest first.
    Count,
    /// Name.
    Name,
}

/// One name in every dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiffRow {
    /// The type, the field, the class...
    pub name: String,
    /// How many each dump has, in their order.
    pub count: Vec<u64>,
    /// Bytes of those.
    pub bytes: Vec<u64>,
    /// Whether there is more of it in every dump than in the one before.
    pub grows: bool,
}

/// Something that grows each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GrowthEntry {
    /// The part of the answer that it is in.
    pub part: &'static str,
    /// Its name.
    pub name: String,
    /// What `values` counts: `count` or `bytes`.
    pub of: &'static str,
    /// How many, or how many bytes, in each dump.
    pub values: Vec<u64>,
}

/// A part that could not be compared, or of which something may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapEntry {
    /// The part.
    pub part: &'static str,
    /// The dump, from 1.
    pub dump: usize,
    /// Why.
    pub reason: String,
}

/// What grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Whether anything grows each time.
    pub leaks: bool,
    /// What grows in every dump beyond what chance does: objects first, then what holds them.
    pub grows: Vec<GrowthEntry>,
}

/// The answer of `diff`. Each part lists the names of which not all dumps have the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diff {
    /// How many dumps are compared.
    #[serde(rename = "compared")]
    pub dumps: usize,
    /// The parts by name.
    #[serde(flatten)]
    pub parts: BTreeMap<&'static str, Vec<DiffRow>>,
    /// Parts that a dump does not support.
    pub absent: Vec<GapEntry>,
    /// What grows.
    pub verdict: Verdict,
}

impl Diff {
    /// Says what a comparison found.
    pub fn new(comparison: &Comparison, options: DiffOptions) -> Diff {
        let parts = comparison.parts.iter().map(|(&part, rows)| {
            let mut rows: Vec<&ChangeRow> = rows
                .iter()
                .filter(|row| {
                    let change = row.bytes().unsigned_abs();
                    let has_bytes = row.sums.iter().any(|sum| sum.bytes > 0);
                    !has_bytes || change >= options.min_bytes.into()
                })
                .collect();
            // They come by bytes; the order among those that are alike stays.
            match options.sort {
                DiffSort::Bytes => {}
                DiffSort::Count => {
                    rows.sort_by_key(|row| std::cmp::Reverse(row.count().unsigned_abs()));
                }
                DiffSort::Name => rows.sort_by(|a, b| a.name.cmp(&b.name)),
            }
            rows.truncate(options.top.unwrap_or(usize::MAX));
            (part.name(), rows.into_iter().map(DiffRow::from).collect())
        });
        let gap = |(part, dump, reason): &(Part, usize, String)| GapEntry {
            part: part.name(),
            dump: *dump,
            reason: reason.clone(),
        };
        let grows = comparison.grows.iter().map(|growth| GrowthEntry {
            part: growth.part.name(),
            name: growth.name.clone(),
            of: if growth.part.is_of_bytes() { "bytes" } else { "count" },
            values: growth.values.clone(),
        });
        let grows: Vec<GrowthEntry> = grows.collect();
        Diff {
            dumps: comparison.dumps,
            parts: parts.collect(),
            absent: comparison.absent.iter().map(gap).collect(),
            verdict: Verdict { leaks: !grows.is_empty(), grows },
        }
    }
}

impl From<&ChangeRow> for DiffRow {
    fn from(row: &ChangeRow) -> Self {
        DiffRow {
            name: row.name.clone(),
            count: row.sums.iter().map(|sum| sum.count).collect(),
            bytes: row.sums.iter().map(|sum| sum.bytes).collect(),
            grows: row.grows,
        }
    }
}

/// Characters of a name that text shows.
const SHOWN: usize = 110;

fn shown(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", Escaped(&name[..end])),
        None => Escaped(name).to_string(),
    }
}

fn series(values: &[u64]) -> String {
    values.iter().map(|&value| Grouped(value).to_string()).collect::<Vec<_>>().join(" -> ")
}

/// A change with its sign.
fn change(values: &[u64]) -> String {
    let (first, last) = (values.first().copied(), values.last().copied());
    let (first, last) = (first.unwrap_or(0), last.unwrap_or(0));
    match last.cmp(&first) {
        std::cmp::Ordering::Less => format!("-{}", Grouped(first - last)),
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", Grouped(last - first)),
    }
}

impl Report for Diff {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.verdict.leaks {
            page.heading("What grows each time:")?;
            let mut table = Columns::new(&[
                ("Part", Align::Left),
                ("Change", Align::Right),
                ("Of", Align::Left),
                ("Values", Align::Left),
                ("Name", Align::Left),
            ]);
            for growth in &self.verdict.grows {
                table.row([
                    &growth.part as &dyn Display,
                    &change(&growth.values),
                    &growth.of,
                    &series(&growth.values),
                    &shown(&growth.name),
                ]);
            }
            table.write(page)?;
        } else {
            page.heading("Nothing grows each time.")?;
        }
        for (part, rows) in &self.parts {
            if rows.is_empty() {
                continue;
            }
            writeln!(page)?;
            page.heading(&format!("{part}: what is not the same"))?;
            let mut table = Columns::new(&[
                ("Count", Align::Right),
                ("Bytes", Align::Right),
                ("Counts", Align::Left),
                ("Name", Align::Left),
            ]);
            for row in rows {
                table.row([
                    &change(&row.count) as &dyn Display,
                    &change(&row.bytes),
                    &series(&row.count),
                    &shown(&row.name),
                ]);
            }
            table.write(page)?;
        }
        for gap in &self.absent {
            writeln!(
                page,
                "{} not compared: dump {}: {}",
                gap.part,
                gap.dump,
                Escaped(&gap.reason)
            )?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        let mut header = vec!["part".to_owned(), "name".to_owned(), "grows".to_owned()];
        header.extend((1..=self.dumps).map(|dump| format!("count_{dump}")));
        header.extend((1..=self.dumps).map(|dump| format!("bytes_{dump}")));
        rows.header(&header.iter().map(String::as_str).collect::<Vec<_>>())?;
        for (part, list) in &self.parts {
            for row in list {
                let mut cells =
                    vec![Cell::Text(part), Cell::Text(&row.name), Cell::Flag(row.grows)];
                cells.extend(row.count.iter().map(|&count| Cell::Number(count)));
                cells.extend(row.bytes.iter().map(|&bytes| Cell::Number(bytes)));
                rows.row(&cells)?;
            }
        }
        Ok(())
    }
}
