//! `verifyheap`: what is wrong with the heap.

use std::io;

use clrscope_analyze::{HeapFault, HeapFaultKind, Verification};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::{Address, Grouped};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Something wrong with an object.
#[derive(Debug, Clone, Serialize)]
pub struct HeapError {
    /// Where: in the object, or where the walk had to stop.
    pub address: Address,
    /// The object, if it is known.
    pub object: Option<Address>,
    /// What sort of thing.
    pub kind: &'static str,
    /// One clause.
    pub detail: String,
}

/// The answer of `verifyheap`.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyHeap {
    /// Objects that were looked at, gaps among them.
    pub objects: u64,
    /// What is wrong, by address.
    pub errors: Vec<HeapError>,
    /// Errors that were counted but not kept.
    pub errors_dropped: u64,
}

impl VerifyHeap {
    /// Says what `found` holds.
    pub fn new(found: &Verification) -> VerifyHeap {
        VerifyHeap {
            objects: found.objects,
            errors: found.faults.iter().map(HeapError::new).collect(),
            errors_dropped: found.dropped,
        }
    }
}

impl HeapError {
    fn new(fault: &HeapFault) -> HeapError {
        let value = fault.value;
        let detail = match fault.kind {
            HeapFaultKind::NoMethodTable => {
                format!("no object begins here; {value} bytes are left out")
            }
            HeapFaultKind::TooLarge => {
                format!("an object would end behind its segment; {value} bytes are left out")
            }
            HeapFaultKind::Absent => format!("{value} bytes of the heap are not in the dump"),
            HeapFaultKind::ReferenceToFree => format!("refers to {value:#x}, which is free"),
            HeapFaultKind::UnalignedReference => {
                format!("refers to {value:#x}, where no object can begin")
            }
            _ => format!("refers to {value:#x}, where no object begins"),
        };
        HeapError {
            address: fault.address.into(),
            object: fault.object.map(Address::from),
            kind: fault.kind.name(),
            detail,
        }
    }
}

impl Report for VerifyHeap {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut table = Columns::new(&[
            ("Address", Align::Left),
            ("Object", Align::Left),
            ("Failure", Align::Left),
            ("Detail", Align::Left),
        ]);
        for error in &self.errors {
            let object = error.object.map(|object| style.address(object.into()).to_string());
            table.row([
                &style.address(error.address.into()) as &dyn std::fmt::Display,
                &object.as_deref().unwrap_or("-"),
                &error.kind,
                &Escaped(&error.detail),
            ]);
        }
        if !table.is_empty() {
            table.write(page)?;
            writeln!(page)?;
        }
        let errors = self.errors.len() as u64 + self.errors_dropped;
        let plural = if errors == 1 { "" } else { "s" };
        writeln!(
            page,
            "{} objects verified, {} error{plural}.",
            Grouped(self.objects),
            Grouped(errors)
        )?;
        if errors == 0 {
            writeln!(page, "No heap corruption detected.")?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "object", "kind", "detail"])?;
        for error in &self.errors {
            rows.row(&[
                error.address.into(),
                error.object.map_or(Cell::Empty, Cell::from),
                Cell::Text(error.kind),
                Cell::Text(&error.detail),
            ])?;
        }
        Ok(())
    }
}
