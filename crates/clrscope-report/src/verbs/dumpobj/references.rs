//! The references that an object holds.

use std::io;

use clrscope_analyze::held_references;
use clrscope_clr::{HeapObjects, NameStyle};
use clrscope_memory::VirtAddr;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::rows::{Cell, Rows};

/// A reference that an object holds.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceRow {
    /// The field or element that holds it, as the steps of a path have it.
    pub field: String,
    /// Where it is; `None` of what keeps the object's type from being unloaded, which is in no field.
    pub address: Option<Address>,
    /// The object that it leads to.
    pub object: Address,
    /// That object's method table; `None` if no object is there.
    pub mt: Option<Address>,
    /// The name of its type.
    pub name: Option<String>,
    /// Bytes that it takes.
    pub bytes: Option<u64>,
}

impl ReferenceRow {
    /// The references of the object at an address; none if it is not on the heap.
    pub fn of(objects: &HeapObjects<'_>, address: VirtAddr, style: NameStyle) -> Vec<ReferenceRow> {
        let Some(holder) = objects.object_at(address) else { return Vec::new() };
        let types = objects.heap().runtime().types().ok();
        let row = |held: &clrscope_analyze::HeldReference| {
            let target = types.and_then(|types| types.object(held.target).ok());
            ReferenceRow {
                field: held.member(objects, &holder),
                address: held.place.map(Address::from),
                object: held.target.into(),
                mt: target.as_ref().map(|target| target.ty().method_table().into()),
                name: target.as_ref().map(|target| target.ty().name_in(style)),
                bytes: target.as_ref().map(|target| target.size()),
            }
        };
        held_references(objects, &holder).iter().map(row).collect()
    }
}

/// As SOS writes them; offsets count from the start of the object, which is at `start`.
pub(super) fn write(held: &[ReferenceRow], start: Address, page: &mut Page<'_>) -> io::Result<()> {
    if held.is_empty() {
        return writeln!(page, "GC Refs: none");
    }
    let style = page.style();
    let width = style.address_width();
    let fields: Vec<String> = held.iter().map(|row| Escaped(&row.field).to_string()).collect();
    let widest = fields.iter().map(|field| field.chars().count()).max().unwrap_or(0).max(5);
    page.heading("GC Refs:")?;
    writeln!(page, "{:>widest$} {:>8} {:<width$} Type", "Field", "Offset", "Object")?;
    for (row, field) in held.iter().zip(&fields) {
        let offset = row.address.map(|at| format!("{:x}", at.0.wrapping_sub(start.0)));
        writeln!(
            page,
            "{field:>widest$} {:>8} {} {}",
            offset.as_deref().unwrap_or("-"),
            style.address(row.object.into()),
            Escaped(row.name.as_deref().unwrap_or("<no object>"))
        )?;
    }
    Ok(())
}

/// A row for each.
pub(super) fn rows(held: &[ReferenceRow], rows: &mut Rows<'_>) -> io::Result<()> {
    rows.header(&["field", "address", "object", "mt", "bytes", "name"])?;
    held.iter().try_for_each(|row| {
        rows.row(&[
            Cell::Text(&row.field),
            row.address.map_or(Cell::Empty, Cell::from),
            row.object.into(),
            row.mt.map_or(Cell::Empty, Cell::from),
            Cell::optional_number(row.bytes),
            Cell::optional(row.name.as_deref()),
        ])
    })
}
