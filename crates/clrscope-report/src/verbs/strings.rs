//! `strings`: strings by content, and what repeating them wastes.

use std::io;

use clrscope_analyze::StringGroups;
use serde::Serialize;

use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// Strings with the same content.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Their content, all of it; unpaired surrogates are replaced.
    pub value: String,
    /// How many there are.
    pub count: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// Bytes that all but one of them take.
    pub wasted: u64,
}

/// The answer of `strings`.
#[derive(Debug, Clone, Serialize)]
pub struct Strings {
    /// How many strings.
    pub objects: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// How many different contents there are.
    pub distinct: u64,
    /// Bytes that all but one string of each content take.
    pub wasted: u64,
    /// By content, those that waste most last.
    pub groups: Vec<Group>,
}

impl Strings {
    /// Says what `groups` holds: the `top` groups that waste most, or all; of those that occur once,
    /// none if `only_repeated`.
    pub fn new(groups: &StringGroups<'_>, only_repeated: bool, top: Option<usize>) -> Strings {
        let wasted = |count: u64, bytes: u64| bytes - bytes / count.max(1);
        let mut shown: Vec<_> =
            groups.groups.iter().filter(|group| !only_repeated || group.count > 1).collect();
        // They come by size; the order among those that waste alike stays.
        shown.sort_by_key(|group| wasted(group.count, group.bytes));
        let skip = shown.len().saturating_sub(top.unwrap_or(usize::MAX));
        let rows = shown.into_iter().skip(skip).map(|group| Group {
            value: group.text(),
            count: group.count,
            bytes: group.bytes,
            wasted: wasted(group.count, group.bytes),
        });
        Strings {
            objects: groups.objects,
            bytes: groups.bytes,
            distinct: groups.groups.len() as u64,
            wasted: groups.groups.iter().map(|group| wasted(group.count, group.bytes)).sum(),
            groups: rows.collect(),
        }
    }
}

/// Characters of a string that text shows.
const SHOWN: usize = 128;

impl Report for Strings {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.heading(&format!("{:>12} {:>14} {:>14} String", "Count", "TotalSize", "Wasted"))?;
        for group in &self.groups {
            let end = group.value.char_indices().nth(SHOWN).map(|(end, _)| end);
            let mark = if end.is_some() { "…" } else { "" };
            let shown = &group.value[..end.unwrap_or(group.value.len())];
            writeln!(
                page,
                "{:>12} {:>14} {:>14} \"{}\"{mark}",
                Grouped(group.count),
                Grouped(group.bytes),
                Grouped(group.wasted),
                Escaped(shown)
            )?;
        }
        writeln!(
            page,
            "Total {} strings, {} bytes; {} different ones, {} bytes wasted",
            Grouped(self.objects),
            Grouped(self.bytes),
            Grouped(self.distinct),
            Grouped(self.wasted)
        )
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["count", "bytes", "wasted", "value"])?;
        for group in &self.groups {
            rows.row(&[
                Cell::Number(group.count),
                Cell::Number(group.bytes),
                Cell::Number(group.wasted),
                Cell::Text(&group.value),
            ])?;
        }
        Ok(())
    }
}
