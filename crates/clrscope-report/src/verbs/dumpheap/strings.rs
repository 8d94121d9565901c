//! `-strings`: strings by content.

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
pub struct StringGroup {
    /// Their content, all of it; unpaired surrogates are replaced.
    pub value: String,
    /// How many there are.
    pub count: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// The answer of `dumpheap -strings`.
#[derive(Debug, Clone, Serialize)]
pub struct StringStatistics {
    /// How many strings.
    pub objects: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// By content, those that take least first.
    pub strings: Vec<StringGroup>,
}

impl StringStatistics {
    /// Says what `groups` holds.
    pub fn new(groups: &StringGroups<'_>) -> StringStatistics {
        let strings = groups.groups.iter().map(|group| StringGroup {
            value: group.text(),
            count: group.count,
            bytes: group.bytes,
        });
        StringStatistics {
            objects: groups.objects,
            bytes: groups.bytes,
            strings: strings.collect(),
        }
    }
}

/// Characters of a string that text shows.
const SHOWN: usize = 128;

impl Report for StringStatistics {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        page.heading("Statistics:")?;
        writeln!(page, "{:>12} {:>14} String", "Count", "TotalSize")?;
        for group in &self.strings {
            let end = group.value.char_indices().nth(SHOWN);
            let (shown, mark) = match end {
                Some((end, _)) => (&group.value[..end], "..."),
                None => (group.value.as_str(), ""),
            };
            writeln!(
                page,
                "{:>12} {:>14} {}{mark}",
                Grouped(group.count),
                Grouped(group.bytes),
                Escaped(shown)
            )?;
        }
        writeln!(page, "Total {} objects, {} bytes", Grouped(self.objects), Grouped(self.bytes))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["count", "bytes", "value"])?;
        for group in &self.strings {
            rows.row(&[
                Cell::Number(group.count),
                Cell::Number(group.bytes),
                Cell::Text(&group.value),
            ])?;
        }
        Ok(())
    }
}
