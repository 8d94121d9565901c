//! `address`: the regions of the address space, each with what it is for.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{AddressMap, AddressSummary, MapPiece, MapSum};
use clrscope_memory::{RegionRecord, RegionState, RegionType, VirtAddr};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A region, or the part of one that is for one purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegionRow {
    /// Address of its first byte.
    pub base: Address,
    /// Address behind its last.
    pub end: Address,
    /// Its bytes.
    pub size: u64,
    /// `MEM_COMMIT`, `MEM_RESERVE`, `MEM_FREE`.
    pub state: &'static str,
    /// `MEM_PRIVATE`, `MEM_MAPPED`, `MEM_IMAGE`; empty, if it is not known.
    #[serde(rename = "type")]
    pub ty: &'static str,
    /// `PAGE_*`, as Windows names it; empty, if there is none.
    pub protection: String,
    /// What it is for: a class of `account`.
    pub usage: &'static str,
    /// Which within that.
    pub detail: String,
}

/// Names a state as Windows does.
fn state_name(state: RegionState) -> &'static str {
    match state {
        RegionState::Commit => "MEM_COMMIT",
        RegionState::Reserve => "MEM_RESERVE",
        RegionState::Free => "MEM_FREE",
    }
}

/// Names a type as Windows does.
fn type_name(ty: RegionType) -> &'static str {
    match ty {
        RegionType::Private => "MEM_PRIVATE",
        RegionType::Mapped => "MEM_MAPPED",
        RegionType::Image => "MEM_IMAGE",
        RegionType::Unknown => "",
    }
}

/// `PAGE_*` of winnt.h, in order of their bits.
const PROTECTIONS: [(u32, &str); 11] = [
    (0x1, "PAGE_NOACCESS"),
    (0x2, "PAGE_READONLY"),
    (0x4, "PAGE_READWRITE"),
    (0x8, "PAGE_WRITECOPY"),
    (0x10, "PAGE_EXECUTE"),
    (0x20, "PAGE_EXECUTE_READ"),
    (0x40, "PAGE_EXECUTE_READWRITE"),
    (0x80, "PAGE_EXECUTE_WRITECOPY"),
    (0x100, "PAGE_GUARD"),
    (0x200, "PAGE_NOCACHE"),
    (0x400, "PAGE_WRITECOMBINE"),
];

/// Names a protection as Windows does.
fn protection_name(flags: u32) -> String {
    let named = PROTECTIONS.iter().filter(|(bit, _)| flags & bit != 0).map(|&(_, name)| name);
    named.collect::<Vec<_>>().join(" | ")
}

impl RegionRow {
    fn new(piece: &MapPiece, region: &RegionRecord) -> RegionRow {
        RegionRow {
            base: piece.range.start.into(),
            end: piece.range.end.into(),
            size: piece.range.len(),
            state: state_name(region.state),
            ty: type_name(region.kind),
            protection: match region.state {
                RegionState::Commit => protection_name(region.protection),
                _ => String::new(),
            },
            usage: piece.class.name(),
            detail: piece.detail.clone(),
        }
    }
}

/// Which regions to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressFilter {
    /// Those whose usage or detail contains this, in any case.
    pub usage: Option<String>,
    /// Those in this state.
    pub state: Option<RegionState>,
    /// Those of this type.
    pub ty: Option<RegionType>,
    /// The one that holds this address.
    pub address: Option<VirtAddr>,
}

/// What a region is called that is not in use.
const FREE: &str = "free";

impl AddressFilter {
    fn takes(&self, row: &RegionRow) -> bool {
        let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        self.usage
            .as_ref()
            .is_none_or(|part| contains(row.usage, part) || contains(&row.detail, part))
            && self.state.is_none_or(|state| state_name(state) == row.state)
            && self.ty.is_none_or(|ty| type_name(ty) == row.ty)
            && self.address.is_none_or(|at| row.base.0 <= at.0 && at.0 < row.end.0)
    }
}

/// The answer of `address`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Regions {
    /// Whether the dump describes regions; if not, these are the ranges that it holds.
    pub has_regions: bool,
    /// The regions, in order of address.
    pub regions: Vec<RegionRow>,
    /// Bytes of them that are committed.
    pub committed: u64,
    /// Bytes of them that are only set aside.
    pub reserved: u64,
}

impl Regions {
    /// Lists the regions that `filter` takes. Free ones are listed only if that state or an address is asked
    /// for.
    pub fn new(map: &AddressMap, filter: &AddressFilter) -> Regions {
        let rows = map.pieces.iter().filter_map(|piece| {
            let row = RegionRow::new(piece, map.regions.get(piece.region)?);
            filter.takes(&row).then_some(row)
        });
        let mut regions: Vec<RegionRow> = rows.collect();
        if filter.state == Some(RegionState::Free) || filter.address.is_some() {
            let free = map.free.iter().map(|range| RegionRow {
                base: range.start.into(),
                end: range.end.into(),
                size: range.len(),
                state: state_name(RegionState::Free),
                ty: "",
                protection: String::new(),
                usage: FREE,
                detail: String::new(),
            });
            regions.extend(free.filter(|row| filter.takes(row)));
        }
        let in_state = |state: RegionState| {
            let rows = regions.iter().filter(|row| row.state == state_name(state));
            rows.map(|row| row.size).fold(0, u64::saturating_add)
        };
        Regions {
            has_regions: map.has_regions,
            committed: in_state(RegionState::Commit),
            reserved: in_state(RegionState::Reserve),
            regions,
        }
    }
}

impl Report for Regions {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut table = Columns::new(&[
            ("Base", Align::Left),
            ("End", Align::Left),
            ("Size", Align::Right),
            ("Type", Align::Left),
            ("State", Align::Left),
            ("Protection", Align::Left),
            ("Usage", Align::Left),
        ]);
        for row in &self.regions {
            let usage = match row.detail.as_str() {
                "" => row.usage.to_owned(),
                detail => format!("{} [{}]", row.usage, Escaped(detail)),
            };
            table.row([
                &style.address(VirtAddr(row.base.0)) as &dyn Display,
                &style.address(VirtAddr(row.end.0)),
                &Grouped(row.size),
                &row.ty,
                &row.state,
                &row.protection,
                &usage,
            ]);
        }
        table.write(page)?;
        writeln!(page)?;
        writeln!(
            page,
            "{} regions, {} bytes committed, {} only set aside",
            Grouped(self.regions.len() as u64),
            Grouped(self.committed),
            Grouped(self.reserved)
        )?;
        if !self.has_regions {
            writeln!(page, "{NOT_DESCRIBED}")?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["base", "end", "size", "state", "type", "protection", "usage", "detail"])?;
        for row in &self.regions {
            rows.row(&[
                row.base.into(),
                row.end.into(),
                Cell::Number(row.size),
                Cell::Text(row.state),
                Cell::Text(row.ty),
                Cell::Text(&row.protection),
                Cell::Text(row.usage),
                Cell::Text(&row.detail),
            ])?;
        }
        Ok(())
    }
}

const NOT_DESCRIBED: &str = "The dump does not describe regions: this is what it holds.";

/// One line of a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SumRow {
    /// What they share.
    pub name: String,
    /// How many regions.
    pub regions: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl SumRow {
    fn new(name: impl Into<String>, sum: MapSum) -> SumRow {
        SumRow { name: name.into(), regions: sum.pieces, bytes: sum.bytes }
    }
}

/// The answer of `address -summary`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Whether the dump describes regions; if not, the ranges that it holds stand for them.
    pub has_regions: bool,
    /// By what they are for.
    pub usages: Vec<SumRow>,
    /// By type.
    pub types: Vec<SumRow>,
    /// By state.
    pub states: Vec<SumRow>,
    /// What is committed, by protection.
    pub protections: Vec<SumRow>,
    /// The largest region of each usage.
    pub largest: Vec<RegionRow>,
    /// Bytes in use.
    pub busy: u64,
    /// Bytes in use and free ones.
    pub total: u64,
}

impl Summary {
    /// Says what `summary` found of `map`.
    pub fn new(map: &AddressMap, summary: &AddressSummary) -> Summary {
        let known = |name: &'static str| if name.is_empty() { "<unknown>" } else { name };
        let mut usages: Vec<SumRow> =
            summary.usages.iter().map(|&(class, sum)| SumRow::new(class.name(), sum)).collect();
        if summary.free.pieces > 0 {
            usages.insert(0, SumRow::new(FREE, summary.free));
        }
        let types = summary.types.iter();
        let states = summary.states.iter();
        let protections = summary.protections.iter().map(|&(flags, sum)| {
            let name = protection_name(flags);
            SumRow::new(if name.is_empty() { "<unknown>".to_owned() } else { name }, sum)
        });
        let largest = summary.largest.iter();
        Summary {
            has_regions: map.has_regions,
            usages,
            types: types.map(|&(ty, sum)| SumRow::new(known(type_name(ty)), sum)).collect(),
            states: states.map(|&(state, sum)| SumRow::new(state_name(state), sum)).collect(),
            protections: protections.collect(),
            largest: largest
                .filter_map(|piece| Some(RegionRow::new(piece, map.regions.get(piece.region)?)))
                .collect(),
            busy: summary.busy.bytes,
            total: summary.busy.bytes.saturating_add(summary.free.bytes),
        }
    }
}

/// Part of a whole, as WinDbg prints it.
fn percent(part: u64, whole: u64) -> String {
    format!("{:.2}%", part as f64 * 100.0 / whole.max(1) as f64)
}

impl Report for Summary {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let lists = [
            ("Usage summary", &self.usages),
            ("Type summary (for busy)", &self.types),
            ("State summary", &self.states),
            ("Protection summary (for commit)", &self.protections),
        ];
        for (title, list) in lists {
            page.heading(title)?;
            let mut table = Columns::new(&[
                ("Regions", Align::Right),
                ("Bytes", Align::Right),
                ("% of busy", Align::Right),
                ("% of total", Align::Right),
                ("", Align::Left),
            ]);
            for row in list {
                let is_free = row.name == FREE || row.name == state_name(RegionState::Free);
                let of_busy = match is_free {
                    true => String::new(),
                    false => percent(row.bytes, self.busy),
                };
                table.row([
                    &Grouped(row.regions) as &dyn Display,
                    &Grouped(row.bytes),
                    &of_busy,
                    &percent(row.bytes, self.total),
                    &row.name,
                ]);
            }
            table.write(page)?;
            writeln!(page)?;
        }
        page.heading("Largest region by usage")?;
        let style = page.style();
        let mut table = Columns::new(&[
            ("Base", Align::Left),
            ("Bytes", Align::Right),
            ("State", Align::Left),
            ("Usage", Align::Left),
        ]);
        for row in &self.largest {
            let usage = match row.detail.as_str() {
                "" => row.usage.to_owned(),
                detail => format!("{} [{}]", row.usage, Escaped(detail)),
            };
            let base = style.address(VirtAddr(row.base.0));
            table.row([&base as &dyn Display, &Grouped(row.size), &row.state, &usage]);
        }
        table.write(page)?;
        if !self.has_regions {
            writeln!(page)?;
            writeln!(page, "{NOT_DESCRIBED}")?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["by", "name", "regions", "bytes"])?;
        let lists = [
            ("usage", &self.usages),
            ("type", &self.types),
            ("state", &self.states),
            ("protection", &self.protections),
        ];
        for (by, list) in lists {
            for row in list {
                rows.row(&[
                    Cell::Text(by),
                    Cell::Text(&row.name),
                    Cell::Number(row.regions),
                    Cell::Number(row.bytes),
                ])?;
            }
        }
        Ok(())
    }
}
