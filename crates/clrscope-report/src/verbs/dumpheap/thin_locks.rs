//! `-thinlock`: objects that are locked without a sync block.

use std::io;

use clrscope_analyze::{ThinLock, TypeLabels};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// An object that is locked.
#[derive(Debug, Clone, Serialize)]
pub struct ThinLockRow {
    /// The object.
    pub address: Address,
    /// The name of its type.
    pub name: String,
    /// The managed number of the thread that owns the lock.
    pub managed_thread: u32,
    /// How often it was taken again.
    pub recursion: u32,
}

/// The answer of `dumpheap -thinlock`.
#[derive(Debug, Clone, Serialize)]
pub struct ThinLockList {
    /// Objects that are locked, by address.
    pub objects: Vec<ThinLockRow>,
}

impl ThinLockList {
    /// Says which locks were found.
    pub fn new(locks: &[ThinLock], labels: &TypeLabels) -> ThinLockList {
        let objects = locks.iter().map(|lock| ThinLockRow {
            address: lock.object.address.into(),
            name: labels.name(lock.object.ty).to_owned(),
            managed_thread: lock.managed_thread,
            recursion: lock.recursion,
        });
        ThinLockList { objects: objects.collect() }
    }
}

impl Report for ThinLockList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let width = page.style().address_width();
        writeln!(page, "{:>width$} {:>8} {:>10} Class Name", "Object", "Thread", "Recursion")?;
        for row in &self.objects {
            writeln!(
                page,
                "{:0width$x} {:>8} {:>10} {}",
                row.address.0,
                row.managed_thread,
                row.recursion,
                Escaped(&row.name)
            )?;
        }
        writeln!(page, "Found {} objects.", self.objects.len())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "managed_thread", "recursion", "name"])?;
        for row in &self.objects {
            rows.row(&[
                row.address.into(),
                Cell::Number(row.managed_thread.into()),
                Cell::Number(row.recursion.into()),
                Cell::Text(&row.name),
            ])?;
        }
        Ok(())
    }
}
