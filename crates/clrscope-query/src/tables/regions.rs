//! `regions`: the address space as the operating system described it.

use clrscope_memory::{RegionRecord, RegionState, RegionType, VirtAddr};

use super::list::Row;
use crate::definition::{Column, Definition, Lookup, address, integer, text};
use crate::error::QueryError;
use crate::shelf::Shelf;

pub(super) const DEFINITION: Definition = Definition {
    name: "regions",
    about: "Every region of the address space that the operating system described, in order of address.",
    columns: COLUMNS,
    usual_rows: 2_000,
};

const COLUMNS: &[Column] = &[
    address("base", "its first byte").found_by(Lookup::Equal),
    address("allocation_base", "where the allocation that it is part of begins")
        .found_by(Lookup::Equal),
    integer("bytes", "its length"),
    text("state", "`commit`, `reserve` or `free`"),
    text("kind", "`private`, `mapped`, `image` or `unknown`"),
    address("protection", "its protection, as Windows' PAGE_ flags"),
];

pub(super) fn list(shelf: &Shelf<'_, '_>) -> Result<Vec<Row>, QueryError> {
    Ok(shelf.runtime().snapshot().regions.iter().map(row).collect())
}

fn row(region: &RegionRecord) -> Row {
    let state = match region.state {
        RegionState::Commit => "commit",
        RegionState::Reserve => "reserve",
        RegionState::Free => "free",
    };
    let kind = match region.kind {
        RegionType::Private => "private",
        RegionType::Mapped => "mapped",
        RegionType::Image => "image",
        RegionType::Unknown => "unknown",
    };
    vec![
        region.base.into(),
        region.allocation_base.into(),
        region.size.into(),
        state.into(),
        kind.into(),
        VirtAddr(region.protection.into()).into(),
    ]
}
