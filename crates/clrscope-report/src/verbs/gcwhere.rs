//! `gcwhere` and `lno`: where on the heap an address is, and what is beside it.

use std::fmt::Display;
use std::io;

use clrscope_analyze::TypeLabels;
use clrscope_clr::{HeapObjects, Neighbourhood, Object};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// An object beside or at an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Neighbour {
    /// Where it begins.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// Name of its type; `Free` for a gap.
    pub name: String,
    /// Bytes that it takes.
    pub bytes: u64,
}

impl Neighbour {
    fn new(objects: &HeapObjects<'_>, labels: &TypeLabels, object: &Object) -> Neighbour {
        let info = objects.types().get(object.ty);
        Neighbour {
            address: object.address.into(),
            mt: info.map_or(Address(0), |info| info.address.into()),
            name: labels.name(object.ty).to_owned(),
            bytes: object.size,
        }
    }
}

/// The answer of `gcwhere` and of `lno`.
#[derive(Debug, Clone, Serialize)]
pub struct GcWhere {
    /// What was asked for.
    pub address: Address,
    /// Number of the heap.
    pub heap: u32,
    /// The record of the segment or region.
    pub segment: Address,
    /// What the segment is for.
    pub kind: &'static str,
    /// The generation: 0, 1, 2; 3 for large and 4 for pinned objects.
    pub generation: u32,
    /// From the first object to behind the last.
    pub allocated: [Address; 2],
    /// Memory that is backed.
    pub committed: [Address; 2],
    /// Memory behind that, which is only set aside.
    pub reserved: [Address; 2],
    /// The last object that ends before the address.
    pub before: Option<Neighbour>,
    /// The object that begins at the address or has it inside.
    pub at: Option<Neighbour>,
    /// The first object behind the address.
    pub after: Option<Neighbour>,
    #[serde(skip)]
    only_neighbours: bool,
}

impl GcWhere {
    /// Says what `found` is. Text shows the neighbours alone, or only the place.
    pub fn new(
        objects: &HeapObjects<'_>,
        labels: &TypeLabels,
        address: Address,
        found: &Neighbourhood<'_>,
        only_neighbours: bool,
    ) -> GcWhere {
        let neighbour =
            |object: Option<Object>| object.map(|object| Neighbour::new(objects, labels, &object));
        let ends = |range: clrscope_clr::AddressRange| [range.start.into(), range.end.into()];
        let segment = found.segment;
        GcWhere {
            address,
            heap: segment.heap,
            segment: segment.address.into(),
            kind: segment.kind.name(),
            generation: segment.generation_of(address.into()),
            allocated: ends(segment.objects),
            committed: ends(segment.committed),
            reserved: ends(segment.reserved),
            before: neighbour(found.before),
            at: neighbour(found.at),
            after: neighbour(found.after),
            only_neighbours,
        }
    }

    fn neighbours(&self) -> [(&'static str, Option<&Neighbour>); 3] {
        [
            ("Before", self.before.as_ref()),
            ("Current", self.at.as_ref()),
            ("After", self.after.as_ref()),
        ]
    }
}

impl Report for GcWhere {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        if self.only_neighbours {
            for (what, object) in self.neighbours() {
                let what = format!("{what}:");
                match object {
                    Some(object) => writeln!(
                        page,
                        "{what:<9} {} {:>14} {}",
                        style.address(object.address.into()),
                        Grouped(object.bytes),
                        Escaped(&object.name)
                    )?,
                    None => writeln!(page, "{what:<9} nothing")?,
                }
            }
            return Ok(());
        }
        let range = |[start, end]: [Address; 2]| {
            format!("{}-{}", style.address(start.into()), style.address(end.into()))
        };
        let mut table = Columns::new(&[
            ("Address", Align::Left),
            ("Heap", Align::Right),
            ("Segment", Align::Left),
            ("Generation", Align::Left),
            ("Allocated", Align::Left),
            ("Committed", Align::Left),
            ("Reserved", Align::Left),
        ]);
        let generation = match self.generation {
            3 => "loh".to_owned(),
            4 => "poh".to_owned(),
            _ if self.kind == "frozen" => "frozen".to_owned(),
            generation => format!("gen{generation}"),
        };
        table.row([
            &style.address(self.address.into()) as &dyn Display,
            &self.heap,
            &style.address(self.segment.into()),
            &generation,
            &range(self.allocated),
            &range(self.committed),
            &range(self.reserved),
        ]);
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["place", "address", "mt", "bytes", "name"])?;
        for (what, object) in self.neighbours() {
            let Some(object) = object else { continue };
            rows.row(&[
                Cell::Text(what),
                object.address.into(),
                object.mt.into(),
                Cell::Number(object.bytes),
                Cell::Text(&object.name),
            ])?;
        }
        Ok(())
    }
}
