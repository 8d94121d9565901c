//! `verifyheap`: what is wrong with the heap.

use std::io;

use clrscope_clr::{Fault, FaultKind, Verification};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// Something wrong with an object.
#[derive(Debug, Clone, Serialize)]
pub struct HeapError {
    /// Where: in the object, or where the walk had to stop.
    pub address: Address,
    /// The object, or where one ought to begin.
    pub object: Address,
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
    /// References that were looked at.
    pub references: u64,
    /// What is wrong, by address, and stretches that the dump lacks.
    pub errors: Vec<HeapError>,
    /// Errors that were counted but not kept.
    pub errors_dropped: u64,
    /// Stretches that the dump lacks, and references to them: whether the heap is wrong there, nobody
    /// can tell.
    pub absences: u64,
}

impl VerifyHeap {
    /// Says what `found` holds.
    pub fn new(found: &Verification) -> VerifyHeap {
        let errors: Vec<HeapError> = found.faults.iter().map(HeapError::new).collect();
        let wrong = found.count.saturating_sub(found.absences());
        VerifyHeap {
            objects: found.objects,
            references: found.references,
            errors_dropped: wrong.saturating_sub(listed(&errors)),
            errors,
            absences: found.absences(),
        }
    }
}

/// How many of `errors` say more than what the dump lacks.
fn listed(errors: &[HeapError]) -> u64 {
    errors.iter().filter(|error| !FaultKind::ABSENCES.contains(&error.kind)).count() as u64
}

impl HeapError {
    fn new(fault: &Fault) -> HeapError {
        let (address, detail) = match fault.kind {
            FaultKind::NoMethodTable => (fault.object, "no object begins here".to_owned()),
            FaultKind::TooLarge => {
                (fault.object, "the object would end behind its segment".to_owned())
            }
            FaultKind::Absent => (fault.object, "the dump does not hold the memory".to_owned()),
            FaultKind::NotAnObject { field, target } => {
                (field, format!("refers to {target}, where no object begins"))
            }
            FaultKind::OutsideHeap { field, target } => {
                (field, format!("refers to {target}, which is not on the heap"))
            }
            FaultKind::SyncBlock { index } => {
                (fault.object, format!("has sync block {index}, which is another object's"))
            }
            _ => (fault.object, String::new()),
        };
        HeapError {
            address: address.into(),
            object: fault.object.into(),
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
            table.row([
                &style.address(error.address.into()) as &dyn std::fmt::Display,
                &style.address(error.object.into()),
                &error.kind,
                &Escaped(&error.detail),
            ]);
        }
        if !table.is_empty() {
            table.write(page)?;
            writeln!(page)?;
        }
        let listed = listed(&self.errors);
        let errors = listed + self.errors_dropped;
        let plural = if errors == 1 { "" } else { "s" };
        let listed = match self.errors_dropped {
            0 => String::new(),
            _ => format!("; the first {} are listed", Grouped(listed)),
        };
        writeln!(
            page,
            "{} objects verified, {} error{plural}{listed}.",
            Grouped(self.objects),
            Grouped(errors)
        )?;
        if self.absences > 0 {
            let absences = Grouped(self.absences);
            writeln!(page, "In {absences} places nobody can tell: the dump lacks what is there.")?;
        }
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
                error.object.into(),
                Cell::Text(error.kind),
                Cell::Text(&error.detail),
            ])?;
        }
        Ok(())
    }
}
