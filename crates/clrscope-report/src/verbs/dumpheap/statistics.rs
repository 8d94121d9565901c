//! Objects by type: what `-stat` prints, and what follows the list of objects.

use std::io;

use clrscope_analyze::{Census, TypeLabels};
use clrscope_clr::TypeTable;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// All objects of one type.
#[derive(Debug, Clone, Serialize)]
pub struct TypeRow {
    /// The type's method table.
    pub mt: Address,
    /// The type's name; `Free` for the gaps between objects.
    pub name: String,
    /// Simple name of the assembly that declares the type; of arrays, that of the element.
    pub module: Option<String>,
    /// How many objects.
    pub count: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// A large gap between objects of the small object heap.
#[derive(Debug, Clone, Serialize)]
pub struct FreeBlock {
    /// Where it begins.
    pub address: Address,
    /// Its size.
    pub bytes: u64,
    /// The object behind it.
    pub followed_by: Address,
    /// The name of that object's type.
    pub name: String,
}

/// The answer of `dumpheap -stat`.
#[derive(Debug, Clone, Serialize)]
pub struct Statistics {
    /// How many objects, gaps among them.
    pub objects: u64,
    /// Bytes that they take.
    pub bytes: u64,
    /// By type, those that take least first.
    pub types: Vec<TypeRow>,
    /// Large gaps, if they were looked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fragmentation: Vec<FreeBlock>,
}

impl Statistics {
    /// Says what `census` counted.
    pub fn new(census: &Census, types: &TypeTable, labels: &TypeLabels) -> Statistics {
        let mt = |ty| types.get(ty).map_or(Address(0), |info| info.address.into());
        let rows = census.types.iter().map(|count| TypeRow {
            mt: mt(count.ty),
            name: labels.name(count.ty).to_owned(),
            module: labels.assembly(count.ty).map(str::to_owned),
            count: count.count,
            bytes: count.bytes,
        });
        let blocks = census.fragmentation.iter().map(|block| FreeBlock {
            address: block.address.into(),
            bytes: block.bytes,
            followed_by: block.followed_by.into(),
            name: labels.name(block.ty).to_owned(),
        });
        Statistics {
            objects: census.objects,
            bytes: census.bytes,
            types: rows.collect(),
            fragmentation: blocks.collect(),
        }
    }

    fn current_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.style().address_width();
        let count_width = widest(self.types.iter().map(|row| row.count), "Count");
        let bytes_width = widest(self.types.iter().map(|row| row.bytes), "TotalSize");
        if !self.types.is_empty() {
            page.heading("Statistics:")?;
            writeln!(
                page,
                "{:>width$} {:>count_width$} {:>bytes_width$} Class Name",
                "MT", "Count", "TotalSize"
            )?;
        }
        for row in &self.types {
            writeln!(
                page,
                "{:0width$x} {:>count_width$} {:>bytes_width$} {}",
                row.mt.0,
                Grouped(row.count),
                Grouped(row.bytes),
                Escaped(&row.name)
            )?;
        }
        writeln!(page, "Total {} objects, {} bytes", Grouped(self.objects), Grouped(self.bytes))?;
        if self.fragmentation.is_empty() {
            return Ok(());
        }
        writeln!(page)?;
        page.heading("Fragmented blocks larger than 0.5 MB:")?;
        writeln!(page, "{:>width$} {:>14} {:>width$}", "Address", "Size", "Followed By")?;
        for block in &self.fragmentation {
            writeln!(
                page,
                "{:0width$x} {:>14} {:0width$x} {}",
                block.address.0,
                Grouped(block.bytes),
                block.followed_by.0,
                Escaped(&block.name)
            )?;
        }
        Ok(())
    }

    fn classic_text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.style().address_width();
        writeln!(page, "Statistics:")?;
        writeln!(page, "{:>width$} {:>8} {:>12} Class Name", "MT", "Count", "TotalSize")?;
        for row in &self.types {
            let indent = if row.name == FREE { "     " } else { "" };
            let name = Escaped(&row.name);
            writeln!(
                page,
                "{:0width$x} {:>8} {:>12} {indent}{name}",
                row.mt.0, row.count, row.bytes
            )?;
        }
        writeln!(page, "Total {} objects", self.objects)?;
        if self.fragmentation.is_empty() {
            return Ok(());
        }
        writeln!(page, "Fragmented blocks larger than 0.5 MB:")?;
        writeln!(page, "{:>width$} {:>8} {:>16}", "Addr", "Size", "Followed by")?;
        for block in &self.fragmentation {
            let megabytes = block.bytes as f64 / f64::from(1 << 20);
            writeln!(
                page,
                "{:0width$x} {megabytes:>6.1}MB {:>16} {}",
                block.address.0,
                format_args!("{:0width$x}", block.followed_by.0).to_string(),
                Escaped(&block.name)
            )?;
        }
        Ok(())
    }
}

/// The name that the gaps between objects go by.
const FREE: &str = "Free";

/// The width of a column of grouped numbers.
fn widest(numbers: impl Iterator<Item = u64>, heading: &str) -> usize {
    let most = numbers.max().unwrap_or(0);
    Grouped(most).to_string().len().max(heading.len())
}

impl Report for Statistics {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if page.style().classic { self.classic_text(page) } else { self.current_text(page) }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["mt", "count", "bytes", "name", "module"])?;
        for row in &self.types {
            rows.row(&[
                row.mt.into(),
                Cell::Number(row.count),
                Cell::Number(row.bytes),
                Cell::Text(&row.name),
                Cell::optional(row.module.as_deref()),
            ])?;
        }
        Ok(())
    }
}
